import Operations
import Postgres
import Synchronization

/// Whether the tables that earlier runs loaded are there and have their rows still: a journal knows what its restore
/// did, not what somebody else has done to the database since.
struct JournalCheck: Sendable {
    let folder: ArchiveFolder
    let done: RestoreDone
    /// How many sessions count at the same time.
    let jobs: Int

    /// A table, or the rows that came to a partition tree through its root.
    struct Claim: Sendable, Hashable {
        var table: RelationName
        /// Nil where nobody counted them: then it only has to be there.
        var rows: Int64?
        /// With the rows of its partitions.
        var isTree = false
    }

    /// What does not agree with its claim.
    struct Difference: Sendable, Hashable {
        var claim: Claim
        /// Nil when the table is not there.
        var found: Int64?

        var sentence: String {
            let expected = claim.rows.map { "\($0) rows loaded" } ?? "it was loaded"
            return "\(claim.table.shown) (\(expected), \(found.map { "\($0) found" } ?? "the table is gone"))"
        }
    }

    /// - Parameter isTemporary: a restore without `--resume` replaces the database by its own.
    /// - Returns: warnings about tables that this role may not count.
    /// - Throws: `restore.resume_rows` with all tables that differ.
    func run(
        on target: ConnectionParameters, settings: SessionSettings, isTemporary: Bool
    ) async throws -> [String] {
        let loaded = loaded()
        guard !loaded.isEmpty else { return [] }
        let (claims, gone) = try await Connection.with(target, settings: settings) { connection in
            try await connection.run { try sort(loaded, in: $0) }
        }
        let board = Board(claims, gone)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(max(1, jobs), claims.count) {
                group.addTask {
                    try await Connection.with(target, settings: settings) { connection in
                        while let claim = board.next() {
                            let found = try await connection.run { try count(claim, in: $0) }
                            board.note(claim, found)
                        }
                    }
                }
            }
            while try await group.next() != nil {}
        }
        try refuse(board.differences, in: target, isTemporary: isTemporary)
        return board.uncounted.map {
            "the rows that an earlier run loaded into \($0) could not be counted: this role may not see all of them"
        }
    }

    /// What the journal has of TABLE DATA, whole or in chunks.
    private func loaded() -> [Claim] {
        folder.toc.entries.filter { $0.kind == .tableData }.compactMap { entry in
            guard done.has(entry.dumpID) || done.isBegun(entry.dumpID) else { return nil }
            return Claim(
                table: RowsExcerpt.table(of: entry), rows: rows(of: entry), isTree: entry.isRoutedThroughRoot)
        }
    }

    /// By the manifest; an archive without one has only the journal's word.
    private func rows(of entry: ArchiveEntry) -> Int64? {
        guard let table = folder.table(of: entry) else { return done.rows(of: entry.dumpID) }
        guard !done.has(entry.dumpID) else { return table.rows }
        return done.parts(of: entry.dumpID).reduce(0) { sum, part in
            sum + (table.chunks.indices.contains(part) ? table.chunks[part].rows : 0)
        }
    }

    /// One claim for each table; for each tree, where rows were routed: nobody knows which partition they came to.
    private func sort(_ loaded: [Claim], in session: Session) throws -> (claims: [Claim], gone: [Claim]) {
        let rows = try session.rows(
            Query(
                embedded: PackageResources.restore_rows_trees_sql,
                binds: [loaded.map(\.table.quoted.hexadecimal), folder.encoding]))
        var places: [Int: (root: Int64, isCounted: Bool)] = [:]
        for row in rows {
            places[try row.value("place", as: Int.self) - 1] = try (
                row.value("root"), row.value("kind", as: String.self) != "f"
            )
        }
        let routed = Set(loaded.indices.filter { loaded[$0].isTree }.compactMap { places[$0]?.root })
        var claims: [Claim] = []
        var trees: [Int64: Claim] = [:]
        for (place, claim) in loaded.enumerated() {
            guard let (root, isCounted) = places[place], isCounted, claim.rows != nil else { continue }
            guard routed.contains(root) else {
                claims.append(claim)
                continue
            }
            var tree = trees[root] ?? Claim(table: claim.table, rows: 0)
            if claim.isTree { (tree.table, tree.isTree) = (claim.table, true) }
            tree.rows = (tree.rows ?? 0) + (claim.rows ?? 0)
            trees[root] = tree
        }
        let gone = Set(loaded.indices.filter { places[$0] == nil }.map { loaded[$0] })
        return (claims + trees.values, gone.sorted { $0.table.shown < $1.table.shown })
    }

    /// Nil where the role may not look at all of them.
    private func count(_ claim: Claim, in session: Session) throws -> Int64? {
        let what: ArchiveText = claim.isTree ? "" : "ONLY "
        let question: ArchiveText = "SELECT count(*) AS rows FROM " + what + claim.table.quoted
        do {
            return try session.speaking(folder.encoding) { session in
                try session.row(Query(ServerText(archive: question.bytes))).value("rows", as: Int64.self)
            }
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return nil
        }
    }

    private func refuse(
        _ differences: [Difference], in target: ConnectionParameters, isTemporary: Bool
    ) throws {
        guard !differences.isEmpty else { return }
        let shown = differences.prefix(20).map(\.sentence).joined(separator: ", ")
        let rest = differences.count > 20 ? " and \(differences.count - 20) more" : ""
        throw Failure(
            .restoreResumeRows,
            "tables no longer hold what the interrupted restore loaded into them: \(shown)\(rest)",
            detail: "Somebody has changed the half-restored database meanwhile. Nothing was changed now.",
            hint: isTemporary
                ? "run the same command without --resume: it begins again"
                : "drop and create the database, and run the same command without --resume: it begins again")
    }

    /// What is still to be counted, and what was found.
    private final class Board: Sendable {
        private struct State {
            var work: [Claim]
            var differences: [Difference]
            var uncounted: [String] = []
        }

        private let state: Mutex<State>

        init(_ claims: [Claim], _ gone: [Claim]) {
            // The largest is taken first, so that no session is left alone with it at the end.
            let work = claims.sorted { ($0.rows ?? 0) < ($1.rows ?? 0) }
            state = Mutex(State(work: work, differences: gone.map { Difference(claim: $0) }))
        }

        func next() -> Claim? { state.withLock { $0.work.popLast() } }

        func note(_ claim: Claim, _ found: Int64?) {
            state.withLock { state in
                guard let found else { return state.uncounted.append(claim.table.shown) }
                if found != claim.rows { state.differences.append(Difference(claim: claim, found: found)) }
            }
        }

        var differences: [Difference] {
            state.withLock { $0.differences.sorted { $0.claim.table.shown < $1.claim.table.shown } }
        }

        var uncounted: [String] { state.withLock { $0.uncounted.sorted() } }
    }
}
