import Foundation
import Operations
import Postgres

/// An index on a partitioned table without stopping anybody: an empty one on the top, one on each partition CONCURRENTLY,
/// and each of those attached. Everything that is done stays and is found again, so that the same command completes what
/// an interrupted one began.
struct PartitionedCreate: Sendable {
    let site: IndexSite
    let survey: IndexSurvey

    private var request: IndexRequest { site.request }
    /// Partitions that are built at a time.
    private var width: Int { survey.buildsAlone ? 1 : 2 }
    /// Somebody who adds partitions faster than they are indexed is not waited for.
    private static let rounds = 20

    func run() async throws -> IndexCreateReport {
        var report = IndexCreateReport(isDryRun: false, indexes: [])
        if case .covered(let wider) = try survey.plan { throw survey.refusal(wider) }
        var steps = try await look()
        if steps.isComplete, let root = steps.root {
            report.indexes = [.equivalent(root)]
            report.notes = survey.notes(on: root)
            return report
        }
        if !steps.builds.isEmpty {
            let parts = steps.builds.map(\.table.oid)
            try await site.look { [request] in try survey.check(in: $0, request, parts: parts) }
        }
        var isBegun = steps.root != nil
        do {
            for _ in 0..<Self.rounds {
                if steps.isComplete { break }
                try await site.lock.check()
                for shell in steps.shells {
                    try await create(shell, &report)
                    isBegun = true
                }
                try await build(steps.builds, &report)
                for (index, table) in steps.broken { try await rebuild(index, table) }
                for attachment in steps.attachments { try await attach(attachment) }
                steps = try await look()
                try await validate(&steps)
            }
        } catch {
            throw isBegun ? partial(error) : Failure(describing: error)
        }
        guard steps.isComplete, let root = steps.root else {
            throw Failure(
                .indexPartial,
                "the index on \(survey.table.label) is still INVALID: partitions came faster than they were indexed",
                hint: "run the same command again: it goes on")
        }
        if report.indexes.isEmpty || report.indexes[0].table != survey.table.name {
            var change = IndexChange.equivalent(root)
            change.state = .created
            report.indexes.insert(change, at: 0)
        }
        report.indexes[0].sizeBytes = root.sizeBytes
        report.indexes[0].estimateBytes = survey.estimate.bytes
        return report
    }

    private func look() async throws -> PartitionSteps {
        try await site.look { session in
            let tree = try PartitionTree.read(survey.table, in: session)
            try tree.refuse(survey.wanted.definition)
            return try PartitionSteps(tree, wanted: survey.wanted)
        }
    }

    private func create(_ shell: PartitionSteps.Build, _ report: inout IndexCreateReport) async throws {
        let query = try survey.body.statement(.only, name: identifier(shell.name), on: shell.table.sql())
        try await ShortLock(request: request, connection: site.connection, table: shell.table).run(query)
        var change = IndexChange(schema: shell.table.schema, table: shell.table.name, name: shell.name, state: .created)
        change.statement = query.text
        report.indexes.append(change)
    }

    /// So many at a time; when one fails, the others stop and leave nothing half done.
    private func build(_ builds: [PartitionSteps.Build], _ report: inout IndexCreateReport) async throws {
        report.indexes += try await withThrowingTaskGroup(of: IndexChange?.self) { group in
            var waiting = builds[...]
            var built: [IndexChange] = []
            for _ in 0..<width {
                if let next = waiting.popFirst() { group.addTask { try await build(next) } }
            }
            while let change = try await group.next() {
                if let change { built.append(change) }
                if let next = waiting.popFirst() { group.addTask { try await build(next) } }
            }
            return built
        }
    }

    /// - Returns: Nil for a partition that somebody has detached or dropped meanwhile.
    private func build(_ build: PartitionSteps.Build) async throws -> IndexChange? {
        do {
            try await IndexSite.awaitQuiet(build.table, request, site.connection)
            return try await ConcurrentBuild(
                request: request, survey: survey, table: build.table, connection: site.connection
            ).run(name: build.name, removing: build.removing)
        } catch {
            guard !Task.isCancelled else { throw error }
            let tree = try await site.look { try PartitionTree.read(survey.table, in: $0) }
            guard !tree.nodes.contains(where: { $0.table.oid == build.table.oid }) else { throw error }
            request.onEvent(.note("\(build.table.label) is a partition no more"))
            return nil
        }
    }

    /// It keeps its place below its parent.
    private func rebuild(_ index: TableIndex, _ table: IndexedTable) async throws {
        try await IndexSite.awaitQuiet(table, request, site.connection)
        try await IndexRebuild(request: request, table: table).run(index)
    }

    private func attach(_ attachment: PartitionSteps.Attachment) async throws {
        try await ShortLock(request: request, connection: site.connection, table: survey.table)
            .run(attachment.statement)
    }

    /// Nothing is missing, and the top is INVALID all the same: a partition that lacked its index was detached. Attaching
    /// what is attached makes the server look again.
    private func validate(_ steps: inout PartitionSteps) async throws {
        guard steps.shells.isEmpty, steps.builds.isEmpty, steps.broken.isEmpty, steps.attachments.isEmpty,
            steps.root?.isUsable == false
        else { return }
        for attachment in steps.attached { try await attach(attachment) }
        steps = try await look()
    }

    /// 75 would say that nothing was changed.
    private func partial(_ error: any Error) -> Failure {
        var failure = Failure(describing: error)
        guard ![.interrupted, .terminated, .bug].contains(failure.category) else {
            failure.add(detail: "What is done stays; the same command goes on.")
            return failure
        }
        failure.add(detail: "The index of \(survey.table.label) itself is INVALID until every partition has its own.")
        guard failure.code != .indexLeftover else { return failure }
        failure.message =
            "a part of the index on \(survey.table.label) is there, then it stopped: \(failure.code.name): \(failure.message)"
        failure.code = .indexPartial
        failure.category = .partial
        failure.hint = "run the same command again: it goes on. \(failure.hint ?? "")"
        return failure
    }
}
