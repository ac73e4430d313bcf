/// Rows in COPY's text format, as they grow. The room for a row is made before it is written.
struct CopyText: Sendable {
    private var storage: [UInt8] = []
    private(set) var count = 0

    /// Makes room for so many bytes more.
    mutating func reserve(_ more: Int) {
        let missing = count + more - storage.count
        if missing > 0 { storage.append(contentsOf: repeatElement(0, count: max(missing, storage.count, 64 << 10))) }
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        storage[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
        var position = count
        var target = storage.mutableSpan
        for index in range {
            target[position] = source[index]
            position &+= 1
        }
        count = position
    }

    /// A text in which tabs, line ends and backslashes may stand; needs twice its room.
    @inline(__always)
    mutating func appendEscaped(_ source: Span<UInt8>, _ range: Range<Int>) {
        var position = count
        var target = storage.mutableSpan
        for index in range {
            var byte = source[index]
            if byte < 0x20 || byte == UInt8(ascii: "\\") {
                let escape = Self.escape(byte)
                if escape != 0 {
                    target[position] = UInt8(ascii: "\\")
                    position &+= 1
                    byte = escape
                }
            }
            target[position] = byte
            position &+= 1
        }
        count = position
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    mutating func append(_ text: [UInt8]) {
        append(text.span, text.indices)
    }

    /// Needs 20 bytes of room.
    mutating func append(number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var end = count
        var probe = rest
        repeat {
            end &+= 1
            probe /= 10
        } while probe > 0
        let next = end
        repeat {
            end &-= 1
            storage[end] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        count = next
    }

    /// With zeros in front, `digits` of them.
    mutating func append(number: Int, digits: Int) {
        var rest = number
        for index in stride(from: count + digits - 1, through: count, by: -1) {
            storage[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }

    mutating func appendNull() {
        append(UInt8(ascii: "\\"))
        append(UInt8(ascii: "N"))
    }

    /// Takes back what came after.
    mutating func cut(to count: Int) { self.count = count }

    func copy(from start: Int) -> [UInt8] { Array(storage[start..<count]) }

    /// All there is; it is empty after.
    mutating func take() -> [UInt8] {
        defer { count = 0 }
        return Array(storage[..<count])
    }

    @inline(__always)
    private static func escape(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "\\"): byte
        case UInt8(ascii: "\t"): UInt8(ascii: "t")
        case UInt8(ascii: "\n"): UInt8(ascii: "n")
        case UInt8(ascii: "\r"): UInt8(ascii: "r")
        default: 0
        }
    }
}
