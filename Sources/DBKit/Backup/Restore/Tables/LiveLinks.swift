import Operations
import Postgres

/// Ties a restored table to the tables around it. These may have changed since the backup: what does not fit any more
/// is left out and said, because a table with all its rows is worth more than a foreign key.
struct LiveLinks {
    let links: [TableExcerpt.Link]
    /// The tables took the place of others: a foreign key that pointed there would have been in the way, so one that the
    /// archive has was given up since.
    let isReplacement: Bool
    let runner: EntryRunner
    let meter: RestoreMeter
    let encoding: String

    /// - Returns: foreign keys whose rows are to be checked.
    func join(in session: Session) throws -> [ForeignKey] {
        for case .partition(let entry, let parent) in links { try attach(entry, to: parent, session) }
        var unchecked: [ForeignKey] = []
        for case .foreignKey(let key, let isIncoming) in links where !(isIncoming && isReplacement) {
            if try add(key, other: isIncoming ? key.table : key.referenced, session) { unchecked.append(key) }
        }
        for case .publication(let entry) in links { try publish(entry, session) }
        return unchecked
    }

    private func attach(_ entry: ArchiveEntry, to parent: RelationName, _ session: Session) throws {
        guard try TableNeeds.isPresent(parent, in: session, encoding: encoding) else {
            return meter.warn(
                "\(RelationName(entry).shown) is a table by itself now: \(parent.shown), of which it was a partition, is "
                    + "not there")
        }
        do {
            try session.speaking(encoding) { try runner.execute(entry, in: $0) }
        } catch let error as PostgresError where !Self.isContested(error) {
            throw EntryRunner.failure(of: entry, error) ?? error
        }
        meter.finish(entry)
    }

    /// - Returns: true when the rows are still to be checked.
    private func add(_ key: ForeignKey, other: RelationName, _ session: Session) throws -> Bool {
        guard try TableNeeds.isPresent(other, in: session, encoding: encoding) else {
            meter.warn("left out, because \(other.shown) is not there: foreign key \(key.shownName)")
            return false
        }
        var forms = [key.unchecked, key.entry.definition].compactMap { $0 }
        while !forms.isEmpty {
            let form = forms.removeFirst()
            do {
                try session.savepoint { session in
                    try session.speaking(encoding) { try $0.script(ServerText(archive: form.bytes)) }
                }
                meter.finish(key.entry)
                return form == key.unchecked
            } catch let error as PostgresError where Self.isOrdinary(error) {
                // It is there already: nobody had to drop it.
                if error.sqlState == SQLState("42710") { return false }
                // Before 18 a partitioned table takes no NOT VALID.
                guard forms.isEmpty || !Self.isUnsupported(error) else { continue }
                meter.warn("left out foreign key \(key.shownName): \(error.message)")
                return false
            }
        }
        return false
    }

    private func publish(_ entry: ArchiveEntry, _ session: Session) throws {
        do {
            try session.savepoint { session in
                try session.speaking(encoding) { try runner.execute(entry, in: $0) }
            }
            meter.finish(entry)
        } catch let error as PostgresError where Self.isOrdinary(error) {
            meter.warn("not added to a publication: \(error.message)")
        }
    }

    private static func isContested(_ error: PostgresError) -> Bool {
        error.sqlState == .lockNotAvailable || error.sqlState == .deadlockDetected
    }

    private static func isOrdinary(_ error: PostgresError) -> Bool {
        error.kind == .server && !error.isConnectionLost && !isContested(error)
    }

    private static func isUnsupported(_ error: PostgresError) -> Bool {
        error.sqlState == SQLState("42809") || error.sqlState == SQLState("0A000")
    }
}

/// Checks the rows of foreign keys that were added without, one by one, while everybody works on.
struct ForeignKeyChecks {
    let keys: [ForeignKey]
    let meter: RestoreMeter
    let encoding: String
    let tries: Int

    /// The table is back: whatever goes wrong here is a warning that says what to type.
    func run(in session: Session) throws {
        for key in keys {
            let statement: ArchiveText =
                "ALTER TABLE " + key.table.quoted + " VALIDATE CONSTRAINT " + key.name.quotedIdentifier
            do {
                try session.transaction { session in
                    let tables = [key.table, key.referenced].map(\.quoted.string)
                    try LiveLocks(tables, tries: tries).holding(session) { session in
                        try session.speaking(encoding) { try $0.script(ServerText(archive: statement.bytes)) }
                    }
                }
            } catch let error as PostgresError where error.kind == .server && !error.isConnectionLost {
                warn(key, statement, error.message)
            } catch let failure as Failure {
                warn(key, statement, failure.message)
            }
        }
    }

    private func warn(_ key: ForeignKey, _ statement: ArchiveText, _ reason: String) {
        meter.warn(
            "foreign key \(key.shownName) holds for new rows, but not all rows there are were checked: \(reason); "
                + "once that is repaired: \(statement.string)")
    }
}
