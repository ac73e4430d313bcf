/// Finds the next of three bytes in a text, eight bytes at a time: where a field ends is the question that reading a
/// file asks most.
public struct ByteSearch: Sendable {
    /// Each of the bytes, eight times.
    @usableFromInline let first: UInt64
    @usableFromInline let second: UInt64
    @usableFromInline let third: UInt64

    @usableFromInline static let ones: UInt64 = 0x0101_0101_0101_0101
    @usableFromInline static let tops: UInt64 = 0x8080_8080_8080_8080

    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        self.first = Self.ones &* UInt64(first)
        self.second = Self.ones &* UInt64(second)
        self.third = Self.ones &* UInt64(third)
    }

    /// The first position from `start` on at which one of them stands; the end where none does.
    @inlinable
    public func next(in bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        let end = bytes.count
        let raw = unsafe bytes.bytes
        while position &+ 8 <= end {
            let word = UInt64(
                littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            let marks = Self.zeros(word ^ first) | Self.zeros(word ^ second) | Self.zeros(word ^ third)
            if marks != 0 { return position &+ marks.trailingZeroBitCount >> 3 }
            position &+= 8
        }
        while position < end {
            let byte = UInt64(bytes[position])
            if byte == first & 0xFF || byte == second & 0xFF || byte == third & 0xFF { return position }
            position &+= 1
        }
        return end
    }

    /// Nothing but ASCII, and no NUL.
    public static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        let raw = unsafe bytes.bytes
        var all: UInt64 = 0
        var marks: UInt64 = 0
        var position = 0
        while position &+ 8 <= bytes.count {
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            all |= word
            marks |= zeros(word)
            position &+= 8
        }
        while position < bytes.count {
            all |= UInt64(bytes[position])
            if bytes[position] == 0 { return false }
            position &+= 1
        }
        return all & tops == 0 && marks == 0
    }

    /// Marks the bytes that are zero. One above the lowest of them may be marked wrongly; the lowest is always right.
    @inlinable
    static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }
}
