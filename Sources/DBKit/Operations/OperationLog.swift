import Foundation
public import Postgres

/// The record of what dbctl changed in a database: `dbctl.operations`.
///
/// Commands that only read never touch it, so that they work on a standby and without write access. `restore` and
/// `drill` never write it into the database that they fill.
public struct OperationLog: Sendable {
    /// Who runs the command, and with what.
    public struct Run: Sendable {
        public var id: RunID
        public var command: String
        public var arguments: [String]
        public var operatingSystemUser: String
        public var host: String
        public var version: String

        public init(
            id: RunID,
            command: String,
            arguments: [String],
            operatingSystemUser: String,
            host: String,
            version: String
        ) {
            self.id = id
            self.command = command
            self.arguments = arguments
            self.operatingSystemUser = operatingSystemUser
            self.host = host
            self.version = version
        }
    }

    public enum State: Sendable, Hashable {
        case missing
        /// It does not exist, and would be sent to subscribers of this database that do not have it either.
        case unwelcome
        /// It exists, but the role may not read it.
        case unreadable
        case readOnly
        case writable

        public var isThere: Bool { self != .missing && self != .unwelcome }
        public var isReadable: Bool { self == .readOnly || self == .writable }
    }

    private let clock: WallClock

    public init(clock: WallClock = .system) {
        self.clock = clock
    }

    /// The statements that create the record, for an operator who has to run them as another role.
    public static var creationSQL: String {
        schemaSQL.sql + tableSQL.sql
    }

    private static var schemaSQL: ServerText { ServerText(embedded: PackageResources.record_schema_sql) }
    private static var tableSQL: ServerText { ServerText(embedded: PackageResources.operations_create_sql) }

    /// What the role of this session lacks to read the record, for its owner to type.
    public func readGrants(in session: Session) throws -> String {
        let role: String = try session.row("SELECT pg_catalog.quote_ident(current_user) AS role").value("role")
        return "GRANT USAGE ON SCHEMA dbctl TO \(role); GRANT SELECT ON dbctl.operations TO \(role);"
    }

    public func state(in session: Session) throws -> State {
        let row = try session.row(Query(embedded: PackageResources.operations_exist_sql))
        guard try row.value("is_there") else { return try row.value("is_published") ? .unwelcome : .missing }
        if try row.value("is_writable") { return .writable }
        return try row.value("is_readable") ? .readOnly : .unreadable
    }

    /// Creates what is missing. Two commands that do this at once do not disturb each other: the second looks again
    /// until the first is done, and does not block in a lock, where it would hold a snapshot (see ``JobLock``).
    ///
    /// - Returns: Nil when the record is there; otherwise why it cannot be written, for a single warning. A run is
    ///   not refused for the lack of its record.
    public func prepare(in session: Session) throws -> Failure? {
        for _ in 0..<OperationLog.looks {
            let rights = try RecordRights.read(in: session)
            switch try state(in: session) {
            case .writable: return nil
            case .readOnly, .unreadable: return OperationLog.cannotRecord(rights)
            case .unwelcome: return OperationLog.published
            case .missing: break
            }
            guard rights.mayCreate else { return OperationLog.cannotRecord(rights) }
            if try create(in: session) { return nil }
            // A statement, so that cancelling the task ends this wait too.
            try session.execute("SELECT pg_catalog.pg_sleep(0.05)")
        }
        return Failure(
            .lockHeld,
            "another command has been creating the record of operations for seconds; this run will not be recorded",
            hint: "Nothing else is affected. If it lasts, look for the holder of an advisory lock in pg_locks."
        )
    }

    /// Ten seconds: creating an empty table takes a moment, or waits behind something that nobody should wait for.
    private static let looks = 200

    /// False when somebody else is at it.
    private func create(in session: Session) throws -> Bool {
        try session.transaction { session in
            // CREATE … IF NOT EXISTS of two sessions at once ends in 23505; this keeps them apart.
            let key = JobLock.key(of: OperationLog.lockName)
            let isOurs: Bool = try session.row("SELECT pg_catalog.pg_try_advisory_xact_lock(\(key)) AS taken")
                .value("taken")
            // Another role may have been first, and its schema is not this one's to make anything in.
            guard isOurs, try state(in: session) == .missing else { return false }
            let rights = try RecordRights.read(in: session)
            guard rights.mayCreate else { return false }
            // Even where it exists IF NOT EXISTS wants CREATE on the database.
            if !rights.isThere { try session.script(OperationLog.schemaSQL) }
            try session.script(OperationLog.tableSQL)
            return true
        }
    }

    static let lockName = "operations-schema"

    /// Writes the row of a run that begins.
    public func begin(_ run: Run, in session: Session) throws {
        try session.execute(
            Query(
                embedded: PackageResources.operations_start_sql,
                binds: [
                    run.id.description, run.command, run.arguments, clock.now, run.operatingSystemUser, run.host,
                    run.version,
                ]
            )
        )
    }

    /// Completes the row of a run.
    public func finish(
        _ run: Run,
        failure: Failure?,
        counts: [String: Int64],
        in session: Session
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(counts), as: UTF8.self)
        let outcome: Operation.Outcome = failure == nil ? .succeeded : .failed
        try session.execute(
            Query(
                embedded: PackageResources.operations_finish_sql,
                binds: [
                    run.id.description, clock.now, outcome.rawValue, failure?.code.name, failure?.message, json,
                ]
            )
        )
    }

    /// The newest runs first.
    ///
    /// - Parameter prefix: A run id or its beginning; nil for all.
    public func list(prefix: String? = nil, limit: Int = 100, in session: Session) throws -> [Operation] {
        let query = Query(embedded: PackageResources.operations_list_sql, binds: [prefix, limit])
        return try session.rows(query).map(Operation.init)
    }

    private static var published: Failure {
        Failure(
            .historyNotWritable,
            "a publication of this database publishes all tables, and its subscribers have no record of operations (schema dbctl): one made here would stop them; this run will not be recorded",
            hint: "Run this once on the subscribers, and then here, as the owner of the database:\n\(creationSQL)")
    }

    private static func cannotRecord(_ rights: RecordRights) -> Failure {
        Failure(
            .historyNotWritable,
            "the role may not write the record of operations (schema dbctl); this run will not be recorded",
            hint: rights.remedy())
    }
}

extension FailureCode {
    public static let historyNotWritable = FailureCode("history.not_writable", .authentication)
}
