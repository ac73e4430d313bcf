import Operations
import Postgres

/// Brings a feed's rows into the staging table, in the target's own types, so that the server reads each value as it
/// would in the target.
struct Staging {
    let area: StagingArea
    let session: Session
    let reader: FeedReader
    let source: UnchangedRows
    /// Rows that the server took.
    private(set) var staged: Int64 = 0

    init(_ area: StagingArea, session: Session, reader: FeedReader, source: UnchangedRows) {
        self.area = area
        self.session = session
        self.reader = reader
        self.source = source
    }

    /// Creates the staging table: the fed columns, and those checks of the target that concern no other.
    func create() throws {
        var columns: [SQLFragment] = ["file integer", "line bigint", "refused boolean"]
        for column in area.columns {
            let type = ServerText(catalog: column.lookup?.typeName ?? column.fed.target.typeName)
            columns.append("\(column.new) \(type)")
        }
        let kind: SQLFragment = area.isTemporary ? "TEMPORARY" : "UNLOGGED"
        let end: SQLFragment = area.isTemporary ? " ON COMMIT DROP" : ""
        try session.execute(
            "CREATE \(kind) TABLE \(area.staging) (\(columns.joined(separator: ", "))) WITH (autovacuum_enabled = off)\(end)"
        )
        try createChecks()
    }

    /// A check is written with the target's names. It is made while the columns bear these, and then follows their own.
    private func createChecks() throws {
        let fed = area.columns.filter { $0.lookup == nil }
        let names = Set(fed.map(\.fed.target.name))
        let checks = area.target.checks.filter { !$0.columns.isEmpty && names.isSuperset(of: $0.columns) }
        guard !checks.isEmpty else { return }
        // Any of ours may be called as a column of the target.
        var prefix = "our "
        while area.target.columns.contains(where: { $0.name.hasPrefix(prefix) }) { prefix = "_" + prefix }
        let ours = try ["file", "line", "refused"].map { (try identifier($0), try identifier(prefix + $0)) }
        let news = try area.columns.enumerated().map { ($1.new, try identifier("\(prefix)\($0)")) }
        for (name, aside) in ours + news { try rename(name, to: aside) }
        var pairs: [(aside: Identifier, name: Identifier)] = []
        for (column, new) in zip(area.columns, news) where column.lookup == nil {
            pairs.append((new.1, try identifier(column.fed.target.name)))
        }
        for pair in pairs { try rename(pair.aside, to: pair.name) }
        for check in checks {
            try session.execute(
                "ALTER TABLE \(area.staging) ADD CONSTRAINT \(try identifier(check.name)) \(ServerText(catalog: check.definition))"
            )
        }
        for pair in pairs { try rename(pair.name, to: pair.aside) }
        for (name, aside) in ours + news { try rename(aside, to: name) }
    }

    private func rename(_ old: Identifier, to new: Identifier) throws {
        try session.execute("ALTER TABLE \(area.staging) RENAME COLUMN \(old) TO \(new)")
    }

    /// Reads the feed to its end, all but the rows that are left out of it.
    ///
    /// - Parameter isEnough: Asked when the server refuses a row: true stops looking for further ones.
    mutating func load(progress: (Int64) -> Void, isEnough: () -> Bool) throws {
        var next = try source.nextChunk()
        while next != nil {
            var portion: [FeedChunk] = []
            do {
                let copy = try copy
                let rows = try atomically { session in
                    try session.copyIn(copy) { writer in
                        // One COPY takes so much that its start does not count, and so little that it can be kept
                        // until the server has taken it.
                        var bytes = 0
                        let begun = source.leftOut
                        while let chunk = next, bytes < Staging.portionBytes,
                            source.leftOut - begun < Staging.portionRows
                        {
                            try writer.write(chunk.bytes)
                            portion.append(chunk)
                            bytes += chunk.bytes.count + chunk.raw.count
                            next = try source.nextChunk()
                        }
                    }
                }
                staged += Int64(rows)
            } catch let error as PostgresError where Staging.isAboutValues(error) {
                // What was read ahead is not lost: `next` was not sent, or was sent and is in the portion.
                for chunk in portion { try narrow(chunk, 0..<chunk.rows.count, isEnough: isEnough) }
            } catch {
                throw error
            }
            progress(source.leftOut + staged)
        }
    }

    /// Of rows, and of the text that they came from.
    private static let portionBytes = 4 << 20
    /// Left out of the feed meanwhile: a COPY that waits for its next row ends at some time, too.
    private static let portionRows = 100_000

    private var copy: Query {
        get throws(PostgresError) {
            let columns = area.columns.map(\.new)
            return "COPY \(try area.staging) (file, line, \(columns)) FROM STDIN"
        }
    }

    /// Finds the rows that the server does not take, by halves.
    private mutating func narrow(_ chunk: FeedChunk, _ rows: Range<Int>, isEnough: () -> Bool) throws {
        guard !rows.isEmpty else { return }
        guard !isEnough() else {
            for row in rows {
                try reader.reject(
                    row, of: chunk,
                    "not looked at: it came with others that the server refused, after a thousand of them")
            }
            return
        }
        do {
            let copy = try copy
            let bytes = Array(
                chunk.bytes[
                    chunk.rows[rows.lowerBound].bytes.lowerBound..<chunk.rows[rows.upperBound - 1].bytes.upperBound])
            staged += Int64(
                try atomically { session in try session.copyIn(copy) { writer in try writer.write(bytes) } })
        } catch let error as PostgresError where Staging.isAboutValues(error) {
            guard rows.count > 1 else {
                try reader.reject(rows.lowerBound, of: chunk, reason(error))
                return
            }
            let middle = rows.lowerBound + rows.count / 2
            try narrow(chunk, rows.lowerBound..<middle, isEnough: isEnough)
            try narrow(chunk, middle..<rows.upperBound, isEnough: isEnough)
        } catch {
            throw error
        }
    }

    /// The server names our table, which nobody knows.
    private func reason(_ error: PostgresError) -> String {
        guard error.sqlState?.code == "23514", let name = error.constraint else { return error.message }
        return "it violates the check constraint \(name) of \(area.target.qualifiedName)"
    }

    private func atomically<T>(_ body: (Session) throws -> T) throws -> T {
        guard !session.isInTransaction else { return try session.savepoint(body) }
        return try session.transaction { session in
            // The staging table is not kept after a crash in any case.
            try session.execute("SET LOCAL synchronous_commit = off")
            return try body(session)
        }
    }

    /// Class 22 is data, class 23 a constraint: those of the staging table are the target's.
    static func isAboutValues(_ error: PostgresError) -> Bool {
        guard let state = error.sqlState?.code else { return false }
        return state.hasPrefix("22") || state.hasPrefix("23")
    }
}
