import Operations
import Postgres

/// The INVALID index that a build leaves when it does not come to its end: it costs every write, serves no query, and a
/// unique one may even refuse rows. It goes on every way out, if that takes no longer than one lock timeout.
struct Leftover: Sendable {
    let request: IndexRequest
    let table: IndexedTable
    /// Of the index that was being built; nil for what REINDEX CONCURRENTLY leaves beside the one that it rebuilds.
    let name: String?

    enum Outcome: Sendable {
        /// Nothing was left, or it was dropped.
        case gone
        /// No form of DROP can finish as long as somebody holds the table.
        case remains(TableIndex, holders: [Blocker])
        /// Nobody could look.
        case unknown(String)
    }

    /// After a signal there is no more time than this: 1.8 s later the process ends by force.
    private static let hurry = Duration.milliseconds(1000)
    private static let patience = Duration.milliseconds(700)

    /// In a task of its own, because the caller's may be cancelled.
    func clear(isHurried: Bool) async -> Outcome {
        let budget = isHurried ? min(Self.hurry, request.lockTimeout) : request.lockTimeout
        let warning = isHurried ? announcement() : nil
        defer { warning?.cancel() }
        return await Task.detached { await attempt(budget) }.value
    }

    /// On a busy machine the end by force may come before the outcome: by then the index has been named.
    private func announcement() -> Task<Void, any Error> {
        Task.detached {
            try await Task.sleep(for: Self.patience)
            let what = name.map { "\(table.schema).\($0)" } ?? "an index of \(table.label)"
            request.onEvent(.left("\(what) could not be dropped yet and may be left INVALID; the next run removes it"))
        }
    }

    private func attempt(_ budget: Duration) async -> Outcome {
        var settings = request.concurrentSettings
        settings.lockTimeout = budget
        do {
            return try await Connection.with(request.server, settings: settings, timeout: max(budget, .seconds(1))) {
                connection in
                let end = ContinuousClock.now + budget
                // A build whose client has gone lives until the server notices; a DROP that queued behind somebody's
                // build would end it by a deadlock.
                while let build = try await connection.run({ try LiveIndexBuild.find(on: table.oid, in: $0) }) {
                    guard ContinuousClock.now < end else {
                        return .unknown("pid \(build.pid) is building on \(table.label)")
                    }
                    try await Task.sleep(for: .milliseconds(50))
                }
                return try await connection.run { session in try drop(in: session, budget) }
            }
        } catch {
            return .unknown(Failure(describing: error).message)
        }
    }

    private func drop(in session: Session, _ budget: Duration) throws -> Outcome {
        guard let found = try find(in: session) else { return .gone }
        do {
            try session.execute(found.dropStatement, timeout: budget + .milliseconds(200))
            request.onEvent(.cleaned("dropped \(found.label), which the build left INVALID"))
            return .gone
        } catch {
            guard session.isUsable else { return .unknown(error.message) }
            // An interrupted DROP has gone a part of its way: what the index does now is another thing than before.
            return .remains(
                try find(in: session) ?? found,
                holders: try Blocker.holders(of: [table.oid], in: session))
        }
    }

    private func find(in session: Session) throws -> TableIndex? {
        try TableIndex.read(tables: [table.oid], in: session).first { index in
            index.isLeftover && (name.map { index.name == $0 } ?? index.isFromReindex)
        }
    }
}

extension Leftover.Outcome {
    /// What a failed build says about it.
    func apply(to failure: inout Failure, on table: IndexedTable) {
        switch self {
        case .gone: failure.add(detail: "No INVALID index is left on \(table.label).")
        case .unknown(let reason):
            failure.add(
                detail: "Nobody could look whether an INVALID index is left (\(reason)); the next run removes it.")
            // 75 would say that nothing was changed.
            if failure.category == .busy { failure.category = .partial }
        case .remains(let index, let holders):
            let writers =
                index.rejectsWriters
                ? "It is unique and ready: rows that break it ARE BEING REJECTED."
                : "It serves no query; writers are not being rejected."
            failure.add(
                detail: (["\(index.label) is left INVALID and could not be dropped. \(writers)"]
                    + holders.map { "The table is held by \($0.sentence)" }).joined(separator: "\n"))
            guard failure.category != .interrupted, failure.category != .terminated else { return }
            failure.code = .indexLeftover
            failure.category = .partial
            failure.hint =
                "\(holders.remedy), then run the same command again or `dbctl index repair`: either removes it"
        }
    }
}
