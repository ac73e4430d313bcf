import Foundation
import Indexes
import Operations
import Partitions
import Postgres
import Refresh
import Sandbox
import Triage

/// The chapters of the story that are told by one capability each.
extension Demo {
    /// What the vendor changed is shown, applied, and put back, so that the backup holds what was counted.
    func refresh(_ story: inout DemoStory, _ demo: ConnectionParameters, _ sandbox: Sandbox) async throws {
        let refresh = DemoRefresh(
            server: demo, run: request.run, applicationName: request.applicationName,
            file: "\(sandbox.record.folder)/prices.csv")
        try await story.tell("got a file of prices from a vendor", nil) { try await refresh.writeFeed() }
        let plan = try await story.tell("looked at it", "dbctl refresh plan --feed prices prices.csv") {
            try await refresh.plan()
        }
        story.amend(
            "looked at it: of \(plan.read) prices \(plan.updated) are other ones than in the table; nothing was written"
        )
        let run = try await story.tell("applied it", "dbctl refresh run --feed prices prices.csv") {
            try await refresh.apply()
        }
        story.amend(
            "applied it: \(run.updated) updated, \(run.unchanged) left alone, the largest move \(run.moves.first.map { "\($0.key.joined(separator: " ")) from \($0.before) to \($0.after)" } ?? "none")"
        )
        let undone = try await story.tell(
            "took it back", "dbctl refresh undo \(run.runID ?? "RUN") --yes"
        ) {
            try await refresh.undo(run)
        }
        story.amend("took it back: \(undone.restored) prices are again what they were")
    }

    /// What the application's queries want, built while it works; asked for again, nothing is done.
    func index(_ story: inout DemoStory, _ demo: ConnectionParameters) async throws {
        let indexes = DemoIndexes(server: demo, run: request.run, applicationName: request.applicationName)
        let slow = try await story.tell("asked for the allocations of a day", nil) { try await indexes.measure() }
        story.amend("asked for the allocations of a day: \(Self.spelled(slow)) each time")
        for specification in DemoIndexes.wanted {
            let made = try await story.tell("indexed \(specification.table)", specification.command) {
                try await indexes.create(specification)
            }
            story.amend(made.outcome)
        }
        let fast = try await story.tell("asked for that day again", nil) { try await indexes.measure() }
        story.amend("asked for that day again: \(Self.spelled(fast)) each time")
        let again = try await story.tell("asked for the indexes again", nil) {
            var built = 0
            for specification in DemoIndexes.wanted {
                if try await indexes.create(specification).isBuilt { built += 1 }
            }
            return built
        }
        story.amend("asked for the three indexes again: \(again == 0 ? "nothing was built" : "\(again) were built")")
    }

    private static func spelled(_ milliseconds: Double) -> String {
        "\((milliseconds * 100).rounded() / 100) ms"
    }

    /// The months that are missing are there before anybody writes into them, and the oldest one goes into an archive.
    func partition(_ story: inout DemoStory, _ demo: ConnectionParameters, _ sandbox: Sandbox) async throws {
        let partitions = DemoPartitions(
            server: demo, run: request.run, applicationName: request.applicationName, now: Date(),
            backup: backupRequest(demo, sandbox))
        let ensured = try await story.tell("partitioned what is to come", "dbctl partition ensure") {
            try await partitions.ensure()
        }
        story.amend(
            "partitioned what is to come: \(ensured.created) months of user_attempts were missing; rows have a place until \(ensured.sets.first?.coveredUntil ?? "")"
        )
        let retained = try await story.tell("archived what is past keeping", partitions.retainCommand) {
            try await partitions.archiveOldest()
        }
        for gone in retained.partitions {
            story.amend(
                "archived what is past keeping: \(gone.rows ?? 0) rows of \(gone.name) are in a set of their own, restored from it, compared, and dropped"
            )
        }
    }

    /// One forgotten transaction stops an application that then takes all connections; whoever is on call gets in all the
    /// same, and frees it.
    func exhaust(_ story: inout DemoStory, _ restored: ConnectionParameters) async throws {
        let application = DemoApplication(server: restored)
        let taken = try await story.tell("an application took all connections", nil) {
            try await application.prepare(settings())
            return try await application.takeAll()
        }
        story.amend(
            "an application took all \(taken.sessions) connections that were left and forgot its transactions; the next client hears: \(taken.refusal)"
        )
        do {
            try await free(&story, restored)
        } catch {
            await taken.leave()
            throw error
        }
        await taken.leave()
    }

    private func free(_ story: inout DemoStory, _ restored: ConnectionParameters) async throws {
        let triage = DemoTriage(
            server: restored.setting("user", DemoApplication.onCall), run: request.run,
            applicationName: request.applicationName)
        let exhausted = try await story.tell("looked how many are left", "dbctl pool check") {
            try await triage.check()
        }
        story.amend(Self.said(exhausted))
        let cause = try await examine(&story, triage)
        let preview = try await story.tell("looked whom that would end", DemoTriage.rootBlocker) {
            try await triage.kill(.rootBlocker).preview()
        }
        story.amend("looked whom that would end: \(Self.named(preview)); nobody was ended")
        let root = try await story.tell("ended it", "\(DemoTriage.rootBlocker) --yes") {
            try await triage.end(.rootBlocker)
        }
        story.amend(
            "ended it: \(root.before.waitingForLocks) sessions waited behind it, \(root.after?.waitingForLocks ?? 0) do now"
        )
        let second = try await examine(&story, triage)
        let idle = try await story.tell("ended them", second.nextCommand.map { "\($0) --yes" }) {
            try await triage.endIdle(as: second)
        }
        story.amend(
            "ended \(idle.killed): free connections \(idle.before.ordinaryFree) before, \(idle.after?.ordinaryFree ?? 0) now"
        )
        let freed = try await story.tell("looked again", "dbctl pool check") { try await triage.check() }
        story.amend(Self.said(freed))
        story.connections(
            DemoReport.Connections(
                exhausted: exhausted.verdict, cause: cause.verdict.code.rawValue, ended: root.killed + idle.killed,
                freed: freed.verdict))
    }

    private func examine(_ story: inout DemoStory, _ triage: DemoTriage) async throws -> DoctorReport {
        let doctor = try await story.tell("asked why", "dbctl pool doctor") { try await triage.examine() }
        story.amend("\(doctor.verdict.grade.rawValue): \(doctor.verdict.text) Next: \(doctor.nextCommand ?? "nothing")")
        return doctor
    }

    private static func said(_ check: PoolCheckReport) -> String {
        "\(check.verdict.rawValue): \(check.summary) (way in: \(check.route.rawValue))"
    }

    private static func named(_ report: KillReport) -> String {
        report.victims.map { "pid \($0.session.pid), \($0.session.reason)" }.joined(separator: "; ")
    }
}
