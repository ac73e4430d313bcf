import Crypto

/// A running SHA-256, fed with blocks, read as lower-case hexadecimal.
public struct Digest: Sendable {
    private var state = SHA256()

    public init() {}

    public mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    /// The digest of all that was given so far; more may follow.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in state.finalize() {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    public static func hex(_ bytes: [UInt8]) -> String {
        var digest = Digest()
        digest.update(unsafe bytes.span.bytes)
        return digest.hex
    }
}
