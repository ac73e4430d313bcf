import Operations
import Postgres

/// The one transaction in which rows come into tables that are there: all of them, or none.
///
/// It needs no superuser, but the owner's rights where something has to stand back meanwhile: triggers, and foreign keys
/// that no order of loading serves. Both are put back in the same transaction; who looks on sees neither.
struct RowsTransaction {
    let survey: RowsSurvey
    let request: RestoreRequest
    let statements: EntryStatements
    let meter: RestoreMeter
    /// What functions find names by; nil, as long as all are found without.
    private(set) var searchPath: ArchiveText?

    private var excerpt: RowsExcerpt { survey.excerpt }
    private var folder: ArchiveFolder { survey.folder }

    /// What the database's own definitions ask of the load.
    struct Plan {
        var order: LoadOrder
        var triggers: [Trigger]
        /// Every table that rows go to, and every other that a trigger is on, as SQL names them.
        var tables: [String]
    }

    struct Trigger: Hashable {
        var schema: String
        var table: String
        var name: String
        var isAlways: Bool
    }

    func plan(in session: Session) throws -> Plan {
        let targets = excerpt.loads.map { RowsExcerpt.table(of: $0).quoted.hexadecimal }
        let rows = try session.rows(
            Query(embedded: PackageResources.restore_rows_trees_sql, binds: [targets, folder.encoding]))
        let trees = try rows.map { try $0.value("root", as: Int64.self) }
        let roots = Array(Set(trees)).sorted()
        let keys = try session.rows(Query(embedded: PackageResources.restore_rows_foreign_keys_sql, binds: [roots])).map
        {
            try LoadOrder.Key(
                schema: $0.value("schema"), table: $0.value("table_name"), name: $0.value("name"),
                isDeferrable: $0.value("is_deferrable"), from: $0.value("from_root"), to: $0.value("to_root"))
        }
        let triggers = try session.rows(Query(embedded: PackageResources.restore_rows_triggers_sql, binds: [roots])).map
        {
            try Trigger(
                schema: $0.value("schema"), table: $0.value("table_name"), name: $0.value("name"),
                isAlways: $0.value("is_always"))
        }
        let singly = zip(excerpt.loads, trees).filter { RowsExcerpt.target(of: $0.0) == nil }.map(\.1)
        let order = LoadOrder(trees: trees, keys: keys, rowByRow: Set(singly))
        return Plan(
            order: order, triggers: triggers,
            tables: try rows.map { try $0.value("name", as: String.self) })
    }

    func perform(in session: Session) throws {
        try folder.searchPaths.trying { path in
            var own = self
            own.searchPath = path
            if path != nil { meter.startOver() }
            try own.attempt(in: session)
        }
    }

    private func attempt(in session: Session) throws {
        let silent = try session.transaction { session in
            let plan = try plan(in: session)
            try LiveLocks(plan.tables, tries: request.lockTries).holding(session) { session in
                for load in excerpt.loads { try lock(load, session) }
                for trigger in plan.triggers {
                    try session.execute(
                        "ALTER TABLE ONLY \(identifier(trigger.schema, trigger.table)) DISABLE TRIGGER \(identifier(trigger.name))"
                    )
                }
                for key in plan.order.deferred { try suspend(key, session) }
            }
            try survey.refuseRows(in: session)
            try load(plan, session)
            for trigger in plan.triggers { try enable(trigger, session) }
            try settle(session)
            return plan.triggers
        }
        note(silent)
    }

    private func lock(_ load: ArchiveEntry, _ session: Session) throws {
        let statement: ArchiveText =
            "LOCK TABLE ONLY " + RowsExcerpt.table(of: load).quoted + " IN SHARE ROW EXCLUSIVE MODE"
        try session.speaking(folder.encoding) { try $0.script(ServerText(archive: statement.bytes)) }
    }

    private func load(_ plan: Plan, _ session: Session) throws {
        try session.speaking(folder.encoding) { session in
            for place in plan.order.loads { try make(excerpt.loads[place], session) }
            for entry in excerpt.largeObjects { try make(entry, session) }
        }
        guard !plan.order.deferred.isEmpty else { return }
        meter.phase("foreign keys")
        try checkKeys(session)
        for key in plan.order.deferred where !key.isDeferrable {
            try session.execute(
                "ALTER TABLE \(identifier(key.schema, key.table)) ALTER CONSTRAINT \(identifier(key.name)) NOT DEFERRABLE"
            )
        }
    }

    private func checkKeys(_ session: Session) throws {
        do throws(PostgresError) {
            try session.execute("SET CONSTRAINTS ALL IMMEDIATE")
        } catch {
            guard error.kind == .server, !error.isConnectionLost else { throw error }
            throw Failure(
                .restoreStatement, "rows of the set break a foreign key of \(request.into): \(error.message)",
                detail: error.detail, hint: "look at the key, or leave its table out with --table",
                sqlState: error.sqlState?.code)
        }
    }

    /// The key is checked when all rows are there.
    private func suspend(_ key: LoadOrder.Key, _ session: Session) throws {
        guard key.isDeferrable else {
            try session.execute(
                """
                ALTER TABLE \(identifier(key.schema, key.table))
                ALTER CONSTRAINT \(identifier(key.name)) DEFERRABLE INITIALLY DEFERRED
                """)
            return
        }
        try session.execute("SET CONSTRAINTS \(identifier(key.schema, key.name)) DEFERRED")
    }

    private func enable(_ trigger: Trigger, _ session: Session) throws {
        let table = try identifier(trigger.schema, trigger.table)
        let name = try identifier(trigger.name)
        if trigger.isAlways {
            try session.execute("ALTER TABLE ONLY \(table) ENABLE ALWAYS TRIGGER \(name)")
        } else {
            try session.execute("ALTER TABLE ONLY \(table) ENABLE TRIGGER \(name)")
        }
    }

    /// What belongs to the rows. The values of sequences come last, for no rollback takes them back.
    private func settle(_ session: Session) throws {
        try session.speaking(folder.encoding) { session in
            meter.phase("analyze")
            for table in Set(excerpt.loads.map(RowsExcerpt.table)).sorted(by: { $0.shown < $1.shown }) {
                try attempt("ANALYZE " + table.quoted, session) { "ANALYZE \(table.shown) failed: \($0)" }
            }
            for view in excerpt.views {
                try attempt(view.definition ?? "", session) { "\(view.shownName) was not computed: \($0)" }
            }
        }
        let sequences = RowsSequences(excerpt: excerpt, folder: folder)
        let unknown = try sequences.unknown(in: session)
        let further = try sequences.further(in: session)
        for feed in unknown { try advance(feed, sequences, session) }
        try session.speaking(folder.encoding) { session in
            for entry in excerpt.sequences {
                guard let feed = further[entry.dumpID] else {
                    try make(entry, session)
                    continue
                }
                meter.warn("sequence \(feed.shown) is further than in the set and was not set back")
                meter.finish(entry)
            }
        }
    }

    /// A sequence that the set does not have must not give out what the rows have.
    private func advance(_ feed: RowsSequences.Feed, _ sequences: RowsSequences, _ session: Session) throws {
        do {
            guard let value = try session.savepoint({ try sequences.advance(feed, in: $0) }) else { return }
            meter.warn(
                "sequence \(feed.shown) is not in the set and was set to \(value), behind the rows of \(feed.shownColumn)"
            )
        } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
            meter.warn(
                "sequence \(feed.shown) could not be set behind the rows of \(feed.shownColumn): \(error.message)")
        }
    }

    private func attempt(_ statement: ArchiveText, _ session: Session, _ text: (String) -> String) throws {
        do {
            try session.savepoint { session in
                try session.along(searchPath) { try $0.script(ServerText(archive: statement.bytes)) }
            }
        } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
            meter.warn(text(error.message))
        }
    }

    private func make(_ entry: ArchiveEntry, _ session: Session) throws {
        try Task.checkCancellation()
        meter.begin(entry)
        do {
            try session.along(searchPath) { session in
                switch entry.kind {
                case .tableData: try TableDataLoader(folder: folder, meter: meter).loadIntoPresent(entry, in: session)
                case .largeObjectData: try LargeObjectLoader(folder: folder, meter: meter).load(entry, in: session)
                default:
                    try EntryRunner(folder: folder, statements: statements, ownTables: [], meter: meter)
                        .execute(entry, in: session)
                }
            }
        } catch let error as PostgresError {
            let hint = "mend the cause in \(request.into), or leave the table out: --table and --schema choose"
            throw EntryRunner.failure(of: entry, error, hint: hint) ?? error
        }
        meter.finish(entry)
    }

    private func note(_ triggers: [Trigger]) {
        guard !triggers.isEmpty else { return }
        let names = triggers.map { "\($0.name) on \($0.schema).\($0.table)" }
        meter.warn("did not fire for the rows of the set: trigger \(names.joined(separator: ", "))")
    }

    /// In words, for `--dry-run`.
    func steps(in session: Session) throws -> [String] {
        let plan = try plan(in: session)
        let still = plan.triggers.map { "keep trigger \($0.name) on \($0.schema).\($0.table) from firing" }
        let late = plan.order.deferred.map { "check foreign key \($0.name) of \($0.schema).\($0.table) at the end" }
        let loads = plan.order.loads.map {
            "load \(excerpt.loads[$0].shownName) (\(folder.bytes(excerpt.loads[$0])) bytes on disk)"
        }
        let sequences = RowsSequences(excerpt: excerpt, folder: folder)
        let further = try sequences.further(in: session)
        let ahead = try sequences.unknown(in: session).map {
            "set sequence \($0.shown), which is not in the set, behind the rows of \($0.shownColumn)"
        }
        let rest = (excerpt.largeObjects + excerpt.views + excerpt.sequences).map { entry in
            if let feed = further[entry.dumpID] {
                return "leave sequence \(feed.shown), which is further than in the set"
            }
            return entry.hasData ? "load \(entry.shownName)" : "run \(entry.definition?.oneLine ?? entry.shownName)"
        }
        return still + late + loads + ahead + rest
    }
}
