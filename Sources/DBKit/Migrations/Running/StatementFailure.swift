import Operations
import Postgres

/// One statement of a file.
struct StatementPlace: Sendable {
    var section: MigrationSection
    /// Counted from 0.
    var place: Int

    /// `20260101_users.sql:7`
    var description: String {
        guard section.statements.indices.contains(place) else { return section.path }
        return "\(section.path):\(section.statements[place].line)"
    }
}

/// A statement of a migration that failed.
struct StatementFailure: Error {
    var place: StatementPlace
    var error: PostgresError
    /// What is known beyond the server's words.
    var detail: String?
    var code: FailureCode?
    /// Those who were in the way when it lost the race for a lock.
    var blockers: [Blocker] = []

    /// - Parameter isUntouched: Nothing of this migration is done.
    func described(migration: Migration, isUntouched: Bool) -> Failure {
        let count = place.section.statements.count
        let which = count > 1 ? ", statement \(place.place + 1) of \(count)" : ""
        var failure = Failure(error, while: "\(place.description)\(which)")
        if let code {
            failure.code = code
            failure.category = code.category
        }
        let lines = [lineInFile, error.detail, detail].compactMap { $0 } + blockers.inTheWay
        failure.detail = lines.isEmpty ? nil : lines.joined(separator: "\n")
        guard isUntouched, failure.category != .interrupted else { return failure }
        if failure.code == .migrationDuplicates, let hint = failure.hint {
            failure.hint = "\(hint), and run the same command again"
        }
        switch error.sqlState?.code {
        case "2D000", "25001":
            failure.hint =
                "it needs to be outside of a transaction: put -- dbctl:no-transaction into the file, or make it a file of its own"
        case "42P01", "42703", "3F000":
            failure.hint = error.hint ?? "is it the right schema? The search_path is that of the login"
        default: break
        }
        switch error.sqlState {
        case .lockNotAvailable, .deadlockDetected, .serializationFailure:
            failure.category = .busy
            failure.message += "; every try lost the race for a lock"
            let isOver = blockers.isEmpty && error.sqlState != .lockNotAvailable
            failure.hint = "\(isOver ? "" : "\(blockers.remedy), and ")run the same command again"
        default: break
        }
        let outcome = failure.code == .commitUnknown ? nil : "Nothing of \(migration.label) was done."
        if let outcome { failure.add(detail: outcome) }
        return failure
    }

    /// Where in the file the server points to, when that is on another line than where the statement begins.
    private var lineInFile: String? {
        guard let at = error.lineAndColumn, place.section.statements.indices.contains(place.place) else { return nil }
        let line = place.section.statements[place.place].line + at.line - 1
        return "at line \(line), column \(at.column) of \(place.section.path)"
    }
}

extension MigrationSection {
    /// Sends one statement, with its rows when it is a `COPY … FROM stdin`.
    func send(_ place: Int, in session: Session, timeout: Duration? = nil) throws {
        let statement = statements[place]
        let query = Query(ServerText(file: text(statement)))
        guard let rows = statement.rows else {
            try session.execute(query, timeout: timeout)
            return
        }
        try session.copyIn(query) { writer in
            var rest = rows
            // The buffer of the writer is the limit, not the size of the file.
            while !rest.isEmpty {
                let piece = rest.prefix(64 * 1024)
                try writer.write(Array(script.bytes[piece]))
                rest = rest.dropFirst(64 * 1024)
            }
        }
    }
}

extension FailureCode {
    static let migrationPartial = FailureCode("migrate.partial", .partial)
    static let migrationOutcomeUnknown = FailureCode("migrate.outcome_unknown", .partial)
    static let migrationDuplicates = FailureCode("migrate.duplicates", .data)
}
