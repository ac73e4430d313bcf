/// A tool whose history `adopt` can take over.
public enum ForeignTool: String, Sendable, Hashable, Codable, CaseIterable {
    case prisma
    case alembic
    case flyway
    case golangMigrate = "golang-migrate"
    case dbmate
    case goose
    case sqlx
    case refinery
    case liquibase
    case atlas
    case sqitch
    case rails

    var reader: any HistoryReader.Type {
        switch self {
        case .prisma: PrismaHistory.self
        case .alembic: AlembicHistory.self
        case .flyway: FlywayHistory.self
        case .golangMigrate: GolangMigrateHistory.self
        case .dbmate: DbmateHistory.self
        case .goose: GooseHistory.self
        case .sqlx: SqlxHistory.self
        case .refinery: RefineryHistory.self
        case .liquibase: LiquibaseHistory.self
        case .atlas: AtlasHistory.self
        case .sqitch: SqitchHistory.self
        case .rails: RailsHistory.self
        }
    }

    /// Whether its migrations are SQL that dbctl reads. Those of the others are programs or changelogs: of them there is
    /// never a file to be missed.
    var keepsFiles: Bool {
        switch self {
        case .alembic, .liquibase, .rails: false
        default: true
        }
    }
}

extension AppliedMigration {
    /// A migration of Flyway that was written in Java.
    static let flywayProgram = "flyway-java"

    /// What was adopted from a tool whose migrations are no SQL files (of refinery's, some are and some are Rust).
    var isWithoutFile: Bool {
        guard checksum.isEmpty else { return false }
        return dialect == Self.flywayProgram || dialect == ForeignTool.refinery.rawValue
            || ForeignTool(rawValue: dialect)?.keepsFiles == false
    }
}
