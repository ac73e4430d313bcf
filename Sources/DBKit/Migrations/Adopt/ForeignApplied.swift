import Operations
import Postgres

/// Files that another tool's history in this database has as applied.
struct ForeignApplied: Sendable {
    var tool: ForeignTool
    /// Its history, e.g. `public.schema_migrations`.
    var table: String
    var extent: Extent

    enum Extent: Sendable {
        case files(Int)
        /// The tool stopped in the middle, or its history cannot be made out: any of the files may be applied.
        case unknown(Failure)
    }

    /// The first tool that writes files as this folder has them, and has applied some of these; nil when there is none.
    static func find(_ folder: MigrationFolder, in session: Session) throws -> ForeignApplied? {
        let tables = try ForeignTable.named(ForeignSource.names, in: session)
        for source in ForeignSource.all(among: tables) where source.tool.dialects.contains(folder.dialect) {
            let rows = try session.savepoint { session in try source.rows(tables, in: session) }
            guard let extent = Extent(source.tool, rows, folder) else { continue }
            return ForeignApplied(tool: source.tool, table: source.table.label, extent: extent)
        }
        return nil
    }

    /// To run the files would do everything twice.
    var refusal: Failure {
        let ending = "and dbctl's history is empty"
        let override = "to run the files all the same, add --ignore-foreign-history"
        switch extent {
        case .files(let count):
            return Failure(
                .migrationForeignHistory,
                "\(tool.rawValue) has applied \(count) of these files already (\(table)), \(ending)",
                detail: "Nothing was changed.", hint: "`dbctl migrate adopt` takes its history over; \(override)")
        case .unknown(let reason):
            return Failure(
                .migrationForeignHistory, "\(reason.message), \(ending)",
                detail:
                    "Which of these files \(tool.rawValue) has applied is not certain, and to run one again would do its work twice. Nothing was changed.",
                hint: [reason.hint, override].compactMap(\.self).joined(separator: "; "))
        }
    }
}

extension ForeignApplied.Extent {
    /// Nil: nothing of the folder.
    fileprivate init?(_ tool: ForeignTool, _ rows: ForeignRows, _ folder: MigrationFolder) {
        do throws(Failure) {
            let match = try AdoptionMatch(tool.reader.read(rows), of: tool, in: folder)
            let count = match.pairs.count { $0.migration != nil }
            guard count > 0 else { return nil }
            self = .files(count)
        } catch {
            self = .unknown(error)
        }
    }
}

extension ForeignTool {
    /// How its files are written, as far as names and markers tell: golang-migrate's pairs are also sqlx's, and Atlas
    /// keeps files as several others do.
    fileprivate var dialects: Set<Dialect> {
        switch self {
        case .prisma: [.prisma]
        case .flyway, .refinery: [.flyway]
        case .golangMigrate, .sqlx: [.golangMigrate, .sqlx]
        case .goose: [.goose]
        case .sqitch: [.sqitch]
        case .dbmate: [.dbctl, .dbmate]
        case .atlas: [.sqlx, .golangMigrate, .goose, .flyway, .dbmate, .dbctl]
        case .alembic, .liquibase, .rails: []
        }
    }
}

extension FailureCode {
    static let migrationForeignHistory = FailureCode("migrate.foreign_history", .guarded)
}
