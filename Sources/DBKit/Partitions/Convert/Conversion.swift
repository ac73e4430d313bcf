import Foundation
import Operations
import Postgres

/// A conversion that was begun: one row of `dbctl.conversions`, from which every run goes on.
struct Conversion: Sendable, Hashable {
    enum State: String, Sendable {
        /// The partitioned table is there, and nothing refers to it.
        case preparing
        /// A trigger notes what is written to the table.
        case copying
        /// The partitioned table is in use; foreign keys are still to be validated.
        case swapped
        /// All is done; undo is possible.
        case converted
        /// The table is in use again; the partitioned one is still to be dropped.
        case undone
    }

    /// The table as it was.
    var source: Int64
    /// The partitioned one.
    var target: Int64
    var schema: String
    var name: String
    var strategy: ConvertSpecification.Strategy
    var key: String
    var step: String
    var zone: String
    var state: State
    /// The last key that was copied.
    var reached: [String]?
    var rowsCopied: Int64
    /// Of the table's definition when the copy was made.
    var digest: String
    /// Of the strategy attach: what an undo has to know.
    var memory: AttachMemory?
    var run: String
    var startedAt: Date
    /// Where the table in use is by now; nil when it was dropped.
    var place: Place?

    struct Place: Sendable, Hashable {
        var schema: String
        var name: String
    }

    var label: String { "\(schema).\(name)" }
    var isSwapped: Bool { state == .swapped || state == .converted }

    // The two tables have the same name and the same names of indexes all along, so that the swap is two ALTER TABLE … SET
    // SCHEMA, and nothing in an application sees another name. In these schemas lies nothing else: names that a definition
    // writes without a schema must not be caught by anything there (``ShadowView``).

    /// Where the partitioned table waits.
    var newSchema: String { Conversion.newSchema(source) }
    /// Where the table lies after the swap.
    var oldSchema: String { Conversion.oldSchema(source) }

    static func newSchema(_ source: Int64) -> String { "dbctl_new_\(source)" }
    static func oldSchema(_ source: Int64) -> String { "dbctl_old_\(source)" }
}

extension Conversion {
    init(_ row: Row) throws {
        let state: String = try row.value("state")
        let strategy: String = try row.value("strategy")
        self.init(
            source: try row.value("source"), target: try row.value("target"), schema: try row.value("table_schema"),
            name: try row.value("table_name"),
            strategy: try Self.known(strategy), key: try row.value("key_column"), step: try row.value("step"),
            zone: try row.value("time_zone"), state: try Self.known(state), reached: try row.value("reached"),
            rowsCopied: try row.value("rows_copied"),
            digest: try row.value("digest"),
            memory: try row.value("memory").map { try AttachMemory(text: $0) }, run: try row.value("run_id"),
            startedAt: try row.value("started_at"),
            place: try row.value("schema_now").map { Place(schema: $0, name: try row.value("name_now")) })
    }

    /// A word of a newer dbctl must not be taken for another one.
    private static func known<Word: RawRepresentable<String>>(_ text: String) throws -> Word {
        guard let word = Word(rawValue: text) else {
            throw PostgresError(.decoding, "dbctl.conversions has “\(text)”, which this version of dbctl does not know")
        }
        return word
    }

    /// The one that a table is the beginning or the end of.
    static func find(_ table: Int64, in session: Session) throws -> Conversion? {
        let state = try session.row(Query(embedded: PackageResources.conversion_exist_sql))
        guard try state.value("is_there") else { return nil }
        guard try state.value("is_writable") else { throw try notWritable(nil, in: session) }
        let query = Query(embedded: PackageResources.conversion_find_sql, binds: [table])
        return try session.rows(query).first.map { try Conversion($0) }
    }

    /// One whose table was dropped before the conversion's end.
    static func abandoned(_ written: String, in session: Session) throws -> Conversion? {
        let state = try session.row(Query(embedded: PackageResources.conversion_exist_sql))
        guard try state.value("is_there") else { return nil }
        guard try state.value("is_writable") else { throw try notWritable(nil, in: session) }
        let meanings = TypedRelation(written).meanings
        let query = Query(
            embedded: PackageResources.conversion_abandoned_sql, binds: [meanings.map(\.schema), meanings.map(\.name)])
        return try session.rows(query).first.map { try Conversion($0) }
    }

    /// Creates `dbctl.conversions`.
    ///
    /// - Throws: `partition.convert_not_writable`: without its record a conversion could not be gone on with.
    static func prepare(in session: Session) throws {
        if let failure = try OperationLog().prepare(in: session) {
            throw try notWritable(failure.message, in: session)
        }
        let state = try session.row(Query(embedded: PackageResources.conversion_exist_sql))
        guard try !state.value("is_there", as: Bool.self) else {
            guard try state.value("is_writable") else { throw try notWritable(nil, in: session) }
            return
        }
        guard try RecordRights.read(in: session).mayCreate else { throw try notWritable(nil, in: session) }
        try session.transaction { session in
            // Two first conversions at once: CREATE … IF NOT EXISTS of both would meet in 23505.
            try JobLock.take("conversions-schema", in: session, wait: .seconds(10))
            try session.script(ServerText(embedded: PackageResources.conversion_create_sql))
        }
    }

    static func notWritable(_ detail: String?, in session: Session) throws -> Failure {
        let state = try session.row(Query(embedded: PackageResources.conversion_exist_sql))
        let creation = ServerText(embedded: PackageResources.conversion_create_sql).sql
        return Failure(
            .partitionConvertNotWritable,
            "the role may not write where conversions are noted (schema dbctl), and without that a conversion could not be gone on with",
            detail: [detail, "Nothing was changed."].compactMap { $0 }.joined(separator: "\n"),
            hint: try RecordRights.read(in: session).remedy(
                .ownTables, creating: state.value("is_there") ? [] : [creation]))
    }

    func insert(in session: Session) throws {
        try session.execute(
            """
            INSERT INTO dbctl.conversions (source, target, table_schema, table_name, strategy, key_column, step, time_zone, state,
                                           digest, memory, run_id, started_at)
            VALUES (\(source)::bigint::oid, \(target)::bigint::oid, \(schema), \(name), \(strategy.rawValue), \(key), \(step), \(zone),
                    \(state.rawValue), \(digest), \(memory?.text())::jsonb, \(run), \(startedAt))
            """)
    }

    mutating func move(to state: State, in session: Session) throws(PostgresError) {
        try session.execute(
            """
            UPDATE dbctl.conversions
            SET state = \(state.rawValue),
                swapped_at = CASE WHEN \(state == .swapped) THEN pg_catalog.clock_timestamp() ELSE swapped_at END
            WHERE source = \(source)::bigint::oid
            """)
        self.state = state
    }

    func remember(_ memory: AttachMemory, in session: Session) throws {
        try session.execute(
            "UPDATE dbctl.conversions SET memory = \(memory.text())::jsonb WHERE source = \(source)::bigint::oid")
    }

    mutating func reach(_ key: [String]?, copied rows: Int64, in session: Session) throws(PostgresError) {
        try session.execute(
            """
            UPDATE dbctl.conversions SET reached = \(key)::text[], rows_copied = rows_copied + \(rows)
            WHERE source = \(source)::bigint::oid
            """)
        reached = key
        rowsCopied += rows
    }

    func delete(in session: Session) throws(PostgresError) {
        try session.execute("DELETE FROM dbctl.conversions WHERE source = \(source)::bigint::oid")
    }
}
