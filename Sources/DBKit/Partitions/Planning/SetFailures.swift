import Operations

/// The failures of several sets as one. Pure.
struct SetFailures: Sendable {
    private var all: [(table: String, failure: Failure)] = []

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ table: String, _ failure: Failure) {
        all.append((table, failure))
    }

    /// - Parameters:
    ///   - sets: How many there are in all.
    ///   - done: What was done all the same, as a sentence; nil when nothing was.
    ///   - isPartial: Of one set, what a part of it being done makes 81: 75 and 69 would say that nothing was changed.
    func combined(sets: Int, done: String? = nil, isPartial: (Failure.Category) -> Bool = { _ in false }) -> Failure? {
        guard let table = all.first?.table, var failure = all.first?.failure else { return nil }
        if sets == 1 {
            guard let done else { return failure }
            failure.add(detail: done)
            guard failure.category != .partial, isPartial(failure.category) else { return failure }
            failure.message = "a part of the partitions of \(table) is done, then it stopped: \(failure.message)"
            (failure.code, failure.category) = (.partitionPartial, .partial)
            return failure
        }
        let names = all.map { "\($0.table): \($0.failure.code.name): \($0.failure.message)" }
        guard all.count < sets || done != nil || all.contains(where: { $0.failure.category == .partial }) else {
            if names.count > 1 { failure.add(detail: names.dropFirst().joined(separator: "\n")) }
            return failure
        }
        return Failure(
            .partitionPartial,
            "\(all.count) of \(sets) tables could not be done: \(all.map(\.table).joined(separator: ", "))",
            detail: ([all.count < sets ? "The others are complete." : nil, done].compactMap(\.self) + names)
                .joined(separator: "\n"),
            hint: failure.hint.map { "\(table): \($0)" })
    }
}
