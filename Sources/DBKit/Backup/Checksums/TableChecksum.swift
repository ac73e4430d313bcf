public import Postgres
import Storage

/// A checksum of a table's rows that does not depend on their order: the sum, modulo 2⁶⁴, of XXH64 (seed 0) over each
/// row as COPY sends it (binary: the tuple, without the file's header and trailer; text: the line with its newline).
///
/// A sum, not an XOR: two equal rows must not cancel each other out. Sums of parts add up to the sum of the whole, so
/// chunks, partitions and workers need no order either.
public struct TableChecksum: Sendable, Hashable, CustomStringConvertible {
    public private(set) var sum: UInt64
    public private(set) var rows: Int64

    public init(sum: UInt64 = 0, rows: Int64 = 0) {
        self.sum = sum
        self.rows = rows
    }

    /// Counts a row in.
    @inline(__always)
    public mutating func add(_ row: RawSpan) {
        sum &+= XXH64.hash(row)
        rows += 1
    }

    public static func + (left: TableChecksum, right: TableChecksum) -> TableChecksum {
        TableChecksum(sum: left.sum &+ right.sum, rows: left.rows + right.rows)
    }

    /// `xxh64-sum:00c0ffee00c0ffee`.
    public var description: String {
        let digits = String(sum, radix: 16)
        return Self.prefix + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Two checksums agree when their sums do; how many rows it were is compared apart.
    public static func == (left: TableChecksum, right: TableChecksum) -> Bool { left.sum == right.sum }
    public func hash(into hasher: inout Hasher) { hasher.combine(sum) }

    static let prefix = "xxh64-sum:"
}

extension TableChecksum: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard text.hasPrefix(Self.prefix), text.utf8.count == Self.prefix.utf8.count + 16,
            let sum = UInt64(text.dropFirst(Self.prefix.count), radix: 16)
        else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "no checksum: \(text)") }
        self.init(sum: sum)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension TableChecksum {
    /// The checksum of a table as it stands in a live database, to compare with a manifest's.
    ///
    /// The session must have the settings of ``SessionSettings``: text forms depend on them.
    ///
    /// - Parameters:
    ///   - columns: those that the manifest lists, in its order. Empty: all that are stored.
    ///   - format: the manifest's `checksum_format`.
    ///   - encoding: the dumped database's, which is the archive's, where that is not UTF-8.
    public static func compute(
        _ session: Session, schema: String, table: String, columns: [String], format: CopyFormat,
        encoding: String? = nil
    ) throws -> TableChecksum {
        let usual = session.parameterStatus("client_encoding")
        if let encoding { try session.useEncoding(encoding) }
        var checksum = TableChecksum()
        let copy = RowCopy(schema: schema, name: table, columns: columns, format: format)
        try session.copyRows(copy) { checksum.add($0) }
        if encoding != nil, let usual { try session.useEncoding(usual) }
        return checksum
    }
}
