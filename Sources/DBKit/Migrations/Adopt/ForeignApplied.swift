import Operations
import Postgres

/// Files that another tool's history in this database has as applied.
struct ForeignApplied: Sendable {
    var tool: ForeignTool
    /// Its history, e.g. `public.schema_migrations`.
    var table: String
    var count: Int

    /// The first tool that writes files as this folder has them, and has applied some of these; nil when there is none.
    static func find(_ folder: MigrationFolder, in session: Session) throws -> ForeignApplied? {
        let tables = try ForeignTable.named(ForeignSource.names, in: session)
        for source in ForeignSource.all(among: tables) where source.tool.dialects.contains(folder.dialect) {
            // A history that cannot be made out stops nobody: `adopt` says what is wrong with it.
            let count = try session.savepoint { session in
                let rows = try source.rows(tables, in: session)
                let match = try? AdoptionMatch(source.tool.reader.read(rows), of: source.tool, in: folder)
                return match?.pairs.count { $0.migration != nil } ?? 0
            }
            if count > 0 { return ForeignApplied(tool: source.tool, table: source.table.label, count: count) }
        }
        return nil
    }
}

extension ForeignTool {
    /// How its files are written.
    fileprivate var dialects: Set<Dialect> {
        switch self {
        case .prisma: [.prisma]
        case .flyway, .refinery: [.flyway]
        case .golangMigrate: [.golangMigrate]
        case .goose: [.goose]
        case .sqlx: [.sqlx]
        case .sqitch: [.sqitch]
        case .dbmate: [.dbctl, .dbmate]
        case .atlas: [.sqlx]
        case .alembic, .liquibase, .rails: []
        }
    }
}
