import Operations

/// What a run over several indexes did: one that fails is noted, and the next one is gone on with, but not after a signal.
protocol SeveralIndexes {
    var indexes: [IndexChange] { get set }
    /// The first that went wrong.
    var failure: Failure? { get set }
}

extension SeveralIndexes {
    var counts: [String: Int64] {
        Dictionary(grouping: indexes, by: \.state.rawValue).mapValues { Int64($0.count) }
    }

    /// - Parameter planned: What is reported when `body` fails.
    mutating func add(_ planned: IndexChange, _ body: () async throws -> IndexChange?) async {
        guard failure?.category != .interrupted else { return }
        var change = planned
        do {
            if let done = try await body() { change = done }
        } catch {
            let failed = Failure(describing: error)
            change.state = .failed
            change.note = failed.message
            failure = failure ?? failed
        }
        indexes.append(change)
    }

    /// 75 and 76 would say that nothing was changed.
    mutating func settle() {
        let isBegun = indexes.contains { [.created, .dropped, .rebuilt].contains($0.state) }
        guard isBegun, let category = failure?.category, [.busy, .refused].contains(category) else { return }
        failure?.category = .partial
        failure?.add(detail: "What is done stays; the same command goes on.")
    }
}
