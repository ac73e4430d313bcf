/// One tool's rules of names and markers.
protocol DialectReader {
    /// Makes migrations of the folder's files, in any order. What is wrong is reported to the reading.
    static func migrations(_ reading: inout FolderReading) -> [Migration]
}

extension Dialect {
    var reader: any DialectReader.Type {
        switch self {
        case .dbctl, .dbmate: NativeReader.self
        case .golangMigrate: GolangMigrateReader.self
        case .goose: GooseReader.self
        case .flyway: FlywayReader.self
        case .prisma: PrismaReader.self
        case .sqlx: SqlxReader.self
        case .sqitch: SqitchReader.self
        }
    }
}
