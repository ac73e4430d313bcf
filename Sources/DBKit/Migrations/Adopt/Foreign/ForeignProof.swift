import Crypto
import Storage

/// What a tool noted of a file when it applied it.
enum ForeignProof: Sendable, Hashable {
    case flyway(Int32)
    /// The bytes as the server writes them: `\x` and hexadecimal digits.
    case sqlx(String)
    case prisma(String)
    /// The name is hashed, too.
    case refinery(String, name: String, version: Int64)
    /// SHA-1 of the deploy script.
    case sqitch(String)
    /// Over the file and all that came before it in the folder.
    case atlas(String)

    /// Whether it was noted of this text. A change of line ends or of a byte order mark is none.
    ///
    /// - Parameter earlier: The files that lay before it in the folder; only Atlas hashes them.
    func holds(for migration: Migration, after earlier: [Migration] = []) -> Bool {
        if case .atlas(let hash) = self {
            return AtlasSum((earlier + [migration]).map { ($0.fileName, $0.up.script.bytes) }).entries.last?.hash
                == hash
        }
        return Self.spellings(of: migration).contains { holds(for: $0) }
    }

    private func holds(for bytes: [UInt8]) -> Bool {
        switch self {
        case .flyway(let checksum): ForeignChecksum.flyway(bytes) == checksum
        case .sqlx(let checksum): "\\x\(ForeignChecksum.sqlx(bytes).hexadecimal)" == checksum
        case .prisma(let checksum): ForeignChecksum.prisma(bytes) == checksum
        case .refinery(let checksum, let name, let version):
            [false, true].contains { isWide in
                String(ForeignChecksum.refinery(name: name, version: version, sql: bytes, isWide: isWide)) == checksum
            }
        case .sqitch(let checksum): Insecure.SHA1.hash(data: bytes).hexadecimal == checksum
        case .atlas: false
        }
    }

    /// The file as it is, and as it may have been on the machine that applied it.
    private static func spellings(of migration: Migration) -> [[UInt8]] {
        let plain = migration.source.bytes
        let windows = plain.flatMap { $0 == .newline ? [.carriageReturn, .newline] : [$0] }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return [migration.up.script.bytes, plain, windows, mark + plain, mark + windows]
    }
}

extension Migration {
    var fileName: String { up.path.split(separator: "/").last.map(String.init) ?? up.path }
}
