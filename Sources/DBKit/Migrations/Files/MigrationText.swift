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
