import FoundationEssentials
import Operations
import Postgres

/// What one run of `up` is going to do, in order, or why it must not.
struct MigrationAgenda: Sendable {
    struct Item: Sendable {
        var migration: Migration
        /// The place among its statements at which an interrupted run had come to.
        var start: Int?
        var inFlight = SectionRun.InFlight.no
    }

    private(set) var items: [Item] = []
    private(set) var warnings: [String] = []

    /// - Throws: `migrate.edited` (65) for what is applied and was edited, with what was changed, and for what was
    ///   begun and cannot be gone on with; then `migrate.out_of_order` (80) for late versions.
    init(
        _ state: Reconciliation, folder: MigrationFolder, limit: MigrationVersion?, allowsOutOfOrder: Bool,
        connection: Connection
    ) async throws {
        if let limit, !folder.versioned.contains(where: { $0.version == limit }) {
            throw Failure(
                .migrationNotFound, "there is no migration with version \(limit)",
                hint: "dbctl migrate status lists what there is")
        }
        try await Self.refuseEdited(state, connection)
        if let lost = state.missingPartial.first { throw Self.lostFile(lost) }
        for unfinished in state.unfinished {
            let text = try await connection.run { session in
                try MigrationHistory.text(of: unfinished.applied.checksum, in: session)
            }
            items.append(try Self.resumed(unfinished, text))
        }
        let pending = state.pending.filter { migration in
            guard let limit else { return true }
            return migration.version.map { $0 <= limit } ?? false
        }
        let late = state.late.filter { pending.contains($0) }
        if !late.isEmpty, !allowsOutOfOrder { throw Self.outOfOrder(late) }
        items += pending.map { Item(migration: $0) }
        items.sort { one, other in
            switch (one.migration.version, other.migration.version) {
            case (let left?, let right?): left < right
            case (.some, nil): true
            case (nil, .some): false
            case (nil, nil): one.migration.name < other.migration.name
            }
        }
        if !state.missing.isEmpty {
            warnings.append(
                "applied, and the file is gone: \(state.missing.map(\.label).joined(separator: ", "))")
        }
    }

    private static func refuseEdited(_ state: Reconciliation, _ connection: Connection) async throws {
        guard let first = state.edited.first else { return }
        let texts = try await connection.run { session in
            try state.edited.prefix(3).map { edit in
                (edit, try MigrationHistory.text(of: edit.applied.checksum, in: session)?.content)
            }
        }
        let details = texts.map { edit, old in
            let head = "\(edit.migration.up.path), applied \(edit.applied.appliedAt.formatted(.iso8601))"
            guard let old else { return "\(head) (its text was not kept)" }
            let new = String(decoding: edit.migration.source.bytes, as: UTF8.self)
            return ([head] + TextDifference(from: old, to: new).lines).joined(separator: "\n")
        }
        let names = state.edited.map(\.migration.label).joined(separator: ", ")
        let version = first.migration.key
        throw Failure(
            .migrationEdited, "edited since it was applied: \(names)",
            detail: (details + ["Nothing was changed."]).joined(separator: "\n"),
            hint:
                "undo the edit and write a new migration; or, when the database is right as it is, accept the new text with dbctl migrate rebless \(version)"
        )
    }

    private static func resumed(_ unfinished: Reconciliation.Edit, _ text: MigrationHistory.Text?) throws(Failure)
        -> Item
    {
        let (migration, applied) = (unfinished.migration, unfinished.applied)
        guard applied.state == .partial else {
            throw Failure(
                .migrationPartial, "\(migration.label) is half undone",
                hint: "finish that first: dbctl migrate down --yes")
        }
        let done = max(0, (applied.resumeAt ?? 1) - 1)
        let new = migration.up.statementChecksums
        if let old = text?.up, Array(old.prefix(done)) != Array(new.prefix(done)) {
            let changed = zip(old, new).prefix(done).enumerated().first { $0.element.0 != $0.element.1 }
            let place = min(changed?.offset ?? new.count, done)
            throw Failure(
                .migrationEdited,
                "\(migration.up.path): statement \(place + 1) is done already, and was edited since",
                detail: "Statements 1 to \(done) of \(applied.label) are done; only what follows may be changed.",
                hint: "put statements 1 to \(done) back as they were, and run the same command again")
        }
        let isSame = text.map { done < new.count && done < $0.up.count && $0.up[done] == new[done] } ?? true
        return Item(
            migration: migration, start: done, inFlight: applied.isInFlight ? isSame ? .yes : .changed : .no)
    }

    private static func lostFile(_ lost: AppliedMigration) -> Failure {
        Failure(
            .migrationEdited, "\(lost.label) is half done, and its file is gone",
            detail: "It goes on at statement \(lost.resumeAt ?? 1) of \(lost.statements).",
            hint: "put the file back; or, when its work was undone by hand, dbctl migrate repair --forget \(lost.key)")
    }

    private static func outOfOrder(_ late: [Migration]) -> Failure {
        Failure(
            .migrationOutOfOrder,
            "late: \(late.map(\.label).joined(separator: ", ")); a higher version is applied already, or half of it",
            detail: "Nothing was changed.",
            hint: "give them higher versions, or apply them as they are with --allow-out-of-order")
    }
}

extension FailureCode {
    static let migrationEdited = FailureCode("migrate.edited", .data)
    static let migrationNotFound = FailureCode("migrate.not_found", .notFound)
    static let migrationOutOfOrder = FailureCode("migrate.out_of_order", .guarded)
}
