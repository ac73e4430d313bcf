import Storage

/// What a migration's checksum covers: its text with line ends normalised and without a byte order mark, so that an
/// editor or a checkout on another system changes nothing.
public struct MigrationText: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(_ raw: [UInt8]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var rest = raw.starts(with: [0xEF, 0xBB, 0xBF]) ? raw.dropFirst(3) : raw[...]
        while let byte = rest.popFirst() {
            guard byte == .carriageReturn else {
                bytes.append(byte)
                continue
            }
            if rest.first == .newline { rest.removeFirst() }
            bytes.append(.newline)
        }
        self.bytes = bytes
    }

    /// SHA-256, 64 hexadecimal digits.
    public var checksum: String { Digest.hex(bytes) }
}

extension MigrationText {
    /// Nil unless it is pairs of hexadecimal digits.
    static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// The bytes in a form that every database takes, whatever its encoding.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
