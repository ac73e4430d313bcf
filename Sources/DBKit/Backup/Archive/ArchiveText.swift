/// Text as an archive holds it: bytes in the archive's own encoding, which is the dumped database's and may be
/// LATIN1 or SQL_ASCII. It must never be turned into a `String` and back on its way to a server: bytes that are not
/// UTF-8 would not survive.
public struct ArchiveText: Sendable, Hashable {
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// UTF-8 text. Right for names out of a UTF-8 session only when the archive's encoding is UTF-8 too.
    public init(_ string: String) {
        bytes = Array(string.utf8)
    }

    /// For a way through a session of another encoding.
    init(hexadecimal: String) {
        let digits = hexadecimal.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        bytes = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// For matching and for messages; bytes that are not UTF-8 become U+FFFD.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    public func hasPrefix(_ prefix: String) -> Bool { bytes.starts(with: prefix.utf8) }

    /// As a quoted identifier. Always quoted, so no keyword list is needed; no server encoding has 0x22 inside a
    /// multi-byte character.
    public var quotedIdentifier: ArchiveText { ArchiveText(bytes: [0x22] + doubling(0x22) + [0x22]) }

    /// As a string literal; with a backslash inside it becomes an `E''` literal, as `pg_dump` writes it.
    public var quotedLiteral: ArchiveText {
        guard bytes.contains(0x5C) else { return ArchiveText(bytes: [0x27] + doubling(0x27) + [0x27]) }
        let escaped = ArchiveText(bytes: doubling(0x27)).doubling(0x5C)
        return ArchiveText(bytes: Array("E'".utf8) + escaped + [0x27])
    }

    private func doubling(_ quote: UInt8) -> [UInt8] {
        bytes.flatMap { $0 == quote ? [$0, $0] : [$0] }
    }

    public static func + (left: ArchiveText, right: ArchiveText) -> ArchiveText {
        ArchiveText(bytes: left.bytes + right.bytes)
    }
}

extension ArchiveText: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension ArchiveText: CustomStringConvertible {
    public var description: String { string }
}

extension Sequence<ArchiveText> {
    func joined(separator: ArchiveText) -> ArchiveText {
        ArchiveText(bytes: Array(map(\.bytes).joined(separator: separator.bytes)))
    }
}
