import Operations
public import Postgres
import Storage

/// The history of migrations in a database: `dbctl.migrations`.
public enum MigrationHistory {
    /// The statements that create it, for an operator who has to run them as another role.
    public static var creationSQL: String {
        ServerText(embedded: PackageResources.migrations_create_sql).sql
    }

    /// All of it; empty where there is none yet. Reads only.
    ///
    /// - Throws: ``Failure`` `migrate.history_unreadable` where the role may not read it, `lock.held` where somebody has
    ///   locked it for longer than three tries.
    public static func read(in session: Session) throws -> [AppliedMigration] {
        let state = try session.row(Query(embedded: PackageResources.migrations_exist_sql))
        guard try state.value("is_there") else { return [] }
        guard try state.value("is_readable") else {
            throw Failure(
                .migrationHistoryUnreadable, "the role may not read the history of migrations (schema dbctl)",
                hint:
                    "Run this once as its owner:\n\(try grants(in: session))"
            )
        }
        return try session.patientlyReadingHistory { session in
            try session.rows(Query(embedded: PackageResources.migrations_list_sql)).map(AppliedMigration.init)
        }
    }

    /// What the role of this session needs.
    static func grants(in session: Session) throws -> String {
        let role: String = try session.row("SELECT quote_ident(current_user) AS role").value("role")
        return """
            GRANT USAGE ON SCHEMA dbctl TO \(role);
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dbctl TO \(role);
            """
    }

    /// Creates what is missing. The caller holds the mutex.
    static func prepare(in session: Session) throws {
        let state = try session.row(Query(embedded: PackageResources.migrations_exist_sql))
        guard try !(state.value("is_there") as Bool) else { return }
        let rights = try RecordRights.read(in: session)
        guard rights.mayCreate else {
            throw Failure(
                .migrationHistoryNotWritable, "the role may not create the history of migrations (schema dbctl)",
                hint: rights.remedy(.tables, creating: [creationSQL]))
        }
        try session.transaction { session in
            try session.script(ServerText(embedded: PackageResources.migrations_create_sql))
        }
    }

    /// How far a run of `up` came with a migration.
    struct Progress {
        var state: AppliedMigration.State
        var resumeAt: Int?
        var isInFlight = false
        /// Of this run alone; the history adds it up.
        var duration: Duration
    }

    static func record(_ migration: Migration, _ progress: Progress, run: RunID, in session: Session) throws {
        try session.execute(
            Query(
                embedded: PackageResources.migrations_record_sql,
                binds: [
                    migration.key, migration.name, migration.source.checksum, migration.dialect.rawValue,
                    run.description, progress.duration / .seconds(1), migration.up.statements.count,
                    progress.state.rawValue, progress.resumeAt,
                    migration.source.hexadecimal, migration.up.statementChecksums,
                    migration.down?.statementChecksums, progress.isInFlight,
                ]))
    }

    /// - Parameter statement: Of its down section, counted from 1; nil when nothing of it was done after all.
    static func record(
        undoing migration: Migration, at statement: Int?, isInFlight: Bool = false, in session: Session
    ) throws {
        try session.execute(
            Query(embedded: PackageResources.migrations_undoing_sql, binds: [migration.key, statement, isInFlight]))
    }

    /// Takes the file's text for what was applied.
    static func rebless(_ migration: Migration, in session: Session) throws {
        try session.execute(
            Query(
                embedded: PackageResources.migrations_rebless_sql,
                binds: [
                    migration.key, migration.name, migration.source.checksum,
                    migration.source.hexadecimal, migration.up.statements.count,
                    migration.up.statementChecksums, migration.down?.statementChecksums,
                ]))
    }

    /// Notes what somebody says of the statement that was under way when a run died.
    ///
    /// - Parameter resumeAt: Counted from 1; nil when that was the last one.
    static func settle(_ key: String, resumeAt: Int?, in session: Session) throws {
        try session.execute(Query(embedded: PackageResources.migrations_settle_sql, binds: [key, resumeAt]))
    }

    static func forget(_ key: String, in session: Session) throws {
        try session.execute(Query(embedded: PackageResources.migrations_forget_sql, binds: [key]))
    }

    /// What a checksum of the history stands for.
    struct Text {
        var content: String
        /// One checksum a statement.
        var up: [String]
        var down: [String]?
    }

    /// Nil for a migration that was taken over from another tool without its text.
    static func text(of checksum: String, in session: Session) throws -> Text? {
        let query = Query(embedded: PackageResources.migrations_text_sql, binds: [checksum])
        return try session.rows(query).first.map { row in
            Text(
                content: String(
                    decoding: MigrationText.bytes(hexadecimal: try row.value("content")) ?? [], as: UTF8.self),
                up: try row.value("statements"), down: try row.value("down"))
        }
    }
}

extension MigrationSection {
    /// Of each statement's text with its rows, line ends normalised: what a resumed run compares.
    var statementChecksums: [String] {
        statements.map { statement in
            var bytes = Array(script.bytes[statement.range])
            if let rows = statement.rows { bytes += script.bytes[rows] }
            return MigrationText(bytes).checksum
        }
    }
}

extension FailureCode {
    static let migrationHistoryUnreadable = FailureCode("migrate.history_unreadable", .authentication)
    static let migrationHistoryNotWritable = FailureCode("migrate.history_not_writable", .authentication)
}
