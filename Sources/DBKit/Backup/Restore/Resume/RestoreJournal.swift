import Operations
import Postgres

/// Notes what a restore has done, in the database that it fills and in the transaction that does it: whatever is killed,
/// client, worker or server, an entry is noted if and only if it is there.
///
/// It lies in a schema of its own for as long as the restore is unfinished, and goes in its last transaction.
struct RestoreJournal: Sendable {
    /// What a run finds that goes on with another's work.
    struct Content: Sendable {
        var purpose: RestorePurpose
        var done = RestoreDone()
    }

    /// The statement that notes an entry or a part of it, to run together with what it is about.
    ///
    /// - Parameter rows: that came into a table.
    func note(_ entry: DumpID, part: Int? = nil, rows: Int64? = nil) -> ArchiveText {
        let values = [Int64(entry.rawValue), part.map(Int64.init), rows].map { $0.map(String.init) ?? "NULL" }
        return ArchiveText(
            "INSERT INTO dbctl_restore_journal.done VALUES (\(values.joined(separator: ", ")));\n")
    }

    /// Nil where the role may not make a schema: then there is no journal, and nothing to resume later.
    static func begin(_ purpose: RestorePurpose, run: RunID, in session: Session) throws -> RestoreJournal? {
        let mayCreate: Bool = try session.row(
            "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may"
        ).value("may")
        guard mayCreate else { return nil }
        try session.transaction { session in
            try session.script(ServerText(embedded: PackageResources.restore_journal_create_sql))
            for (name, value) in purpose.values.sorted(by: { $0.key < $1.key }) {
                try session.execute("INSERT INTO dbctl_restore_journal.purpose VALUES (\(name), \(value))")
            }
            try session.execute("INSERT INTO dbctl_restore_journal.run VALUES (\(run.description))")
        }
        return RestoreJournal()
    }

    static let schema = "dbctl_restore_journal"

    /// What the journal of this database says; nil where there is none.
    ///
    /// - Parameters:
    ///   - database: its name, for people.
    ///   - again: how to begin again.
    /// - Throws: `restore.not_the_owner` when it is another role's; `restore.journal_damaged` when nobody can tell from
    ///   it any more what was done.
    static func read(in session: Session, of database: String, again: String) throws -> Content? {
        guard
            let state = try session.rows(Query(embedded: PackageResources.restore_journal_state_sql)).first
        else { return nil }
        guard try state.value("is_ours") else {
            let (owner, role): (String, String) = (try state.value("owner"), try state.value("role"))
            throw Failure(
                .restoreNotTheOwner,
                "the interrupted restore in \(database) is the role \(owner)'s, and \(role) may not go on with it",
                detail: "Nothing was changed.",
                hint: "run the same command as \(owner) (the user in --database-url), or \(again)")
        }
        let isEmptied: Bool =
            try state.value("is_whole")
            ? try session.row(Query(embedded: PackageResources.restore_journal_emptied_sql)).value("is_emptied") : true
        guard !isEmptied else {
            throw Failure(
                .restoreJournalDamaged,
                "the journal of the interrupted restore in \(database) was emptied: nobody can tell what it has done",
                detail: "Somebody has changed the schema \(schema) there. Nothing was changed now.",
                hint: "\(again): there is nothing to go on with")
        }
        let values = try session.rows("SELECT name, value FROM dbctl_restore_journal.purpose").map {
            (try $0.value("name", as: String.self), try $0.value("value", as: String.self))
        }
        var content = Content(
            purpose: RestorePurpose(values: Dictionary(values, uniquingKeysWith: { first, _ in first })))
        for row in try session.rows("SELECT entry, part, rows FROM dbctl_restore_journal.done") {
            content.done.insert(
                DumpID(rawValue: try row.value("entry")), part: try row.value("part"), rows: try row.value("rows"))
        }
        return content
    }

    /// Takes the work over from the runs before: none of their sessions is there any more, and this one is known.
    static func takeOver(run: RunID, in session: Session) throws -> RestoreJournal {
        let query = Query(
            embedded: PackageResources.restore_journal_sessions_sql,
            binds: [TemporaryDatabase.applicationPrefix, run.description])
        let deadline = ContinuousClock.now + .seconds(10)
        while let row = try session.rows(query).first {
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    .restoreInProgress,
                    "a session of the interrupted restore does not end (pid \(try row.value("pid", as: Int32.self)))",
                    detail: "Nothing was changed.",
                    hint: "look at it in pg_stat_activity, then run the same command again")
            }
            // A statement, so that cancelling the task ends this wait, too.
            _ = try session.rows("SELECT pg_catalog.pg_sleep(0.05)")
        }
        try session.execute("INSERT INTO dbctl_restore_journal.run VALUES (\(run.description))")
        return RestoreJournal()
    }

    /// Part of the restore's last transaction.
    func remove(in session: Session) throws {
        try session.execute("DROP SCHEMA dbctl_restore_journal CASCADE")
    }
}
