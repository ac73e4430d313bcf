import DBKit
import Foundation
import TestSupport
import Testing

@Suite("The lines of cron/, run with nothing but what their scheduler sets")
struct CronLinesTests {
    enum Scheduler: CaseIterable, Sendable {
        case cron, systemd, kubernetes

        func jobs() throws -> [ScheduledJob] {
            let jobs =
                switch self {
                case .cron: try Crontab.all()
                case .systemd: try Unit.services().map(\.job)
                case .kubernetes: try KubernetesCronJob.all().map(\.job)
                }
            // What has to be there first; the checks look at what the others have made.
            let first = ["backup create", "backup verify", "backup drill", "partition ensure"]
            return first.flatMap { verb in jobs.filter { $0.verb == verb } } + jobs.filter { !first.contains($0.verb) }
        }
    }

    @Test("each does its work and prints nothing, also the second time", arguments: Scheduler.allCases)
    func silent(_ scheduler: Scheduler) async throws {
        try await CronScene.with { scene in
            let jobs = try scheduler.jobs()
            #expect(jobs.count == 12)
            // A drill and a backup are the same the second time.
            for job in jobs + jobs.filter({ !$0.verb.hasPrefix("backup") }) {
                let outcome = try await scene.run(job)
                #expect(outcome.exitCode == 0, "\(job): \(outcome)")
                #expect(outcome.stdout == "" && outcome.stderr == "", "\(job): \(outcome)")
            }
            let set = try #require(try SetCatalog(LocalRepository(scene.repository)).sets().first)
            let note = try String(contentsOfFile: "\(scene.repository)/\(set.statePath)", encoding: .utf8)
            #expect(note.contains("\"verified\"") && note.contains("\"drilled\""), "\(note)")
            #expect(
                try await scene.database.psql(
                    """
                    SELECT (SELECT count(*) FROM prices), (SELECT to_regclass('user_attempts_p2020_01')) IS NULL,
                           (SELECT count(*) FROM pg_inherits WHERE inhparent = 'user_attempts'::regclass) >= 4
                    """) == "2|t|t")
        }
    }

    @Test("each that fails says one block on stderr: what, what to type next, code, run; and exits as it should")
    func failing() async throws {
        try await CronScene.with { scene in
            try scene.configure(url: "postgresql://app@127.0.0.1:1/app")
            try FileManager.default.removeItem(atPath: "\(scene.folder)/feeds/prices.csv")
            let codes: [String: Int32] = [
                "backup create": 69, "backup verify": 66, "backup drill": 66, "backup prune": 66,
                "partition ensure": 69,
                "partition retain": 69, "refresh run": 66, "check": 2, "pool check": 2, "partition check": 2,
                "backup check": 2, "index audit": 69,
            ]
            for job in try Crontab.all() {
                let outcome = try await scene.run(job)
                let verb = job.verb
                #expect(outcome.exitCode == codes[verb], "\(job): \(outcome)")
                let block = outcome.stderr.split(separator: "\n")
                #expect(block.first?.hasPrefix("dbctl \(verb): ") == true, "\(job): \(outcome)")
                #expect(block.count { $0.hasPrefix("  code:   ") && $0.contains(", run 01") } == 1, "\(outcome)")
                #expect(block.count { $0.hasPrefix("  hint:   ") } == 1 && block.count < 12, "\(outcome)")
                // Nothing but a verdict, in one line, stands on standard output.
                let verdict = outcome.stdout.split(separator: "\n")
                #expect(verdict.count == (codes[verb] == 2 ? 1 : 0), "\(outcome)")
                #expect(verdict.allSatisfy { $0.hasPrefix("CRITICAL: ") }, "\(outcome)")
            }
        }
    }

    @Test("a WARNING is one line and exit 1: pool, partitions, backups")
    func warnings() async throws {
        try await CronScene.with { scene in
            let jobs = try Crontab.all()
            func run(_ verb: String) async throws -> Program.Outcome {
                try await scene.run(try #require(jobs.first { $0.verb == verb }))
            }
            _ = try await run("backup create")
            // Never drilled, with --max-drill-age.
            let backup = try await run("backup check")
            #expect(backup.exitCode == 1 && backup.stdout.hasPrefix("WARNING: "), "\(backup)")
            #expect(backup.stdout.split(separator: "\n").count == 1, "\(backup)")
            _ = try await run("partition ensure")
            let last = try await scene.database.psql(
                """
                SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'user_attempts'::regclass
                """)
            try await scene.database.psql("DROP TABLE \(last)")
            let partition = try await run("partition check")
            #expect(partition.exitCode == 1 && partition.stdout.hasPrefix("WARNING: "), "\(partition)")
            #expect(partition.stdout.split(separator: "\n").count == 1, "\(partition)")
            let text = try String(contentsOfFile: "\(scene.folder)/dbctl.yaml", encoding: .utf8)
            try scene.write(text.replacing("warning: 80", with: "warning: 1"), to: "dbctl.yaml")
            let pool = try await scene.database.server.withSessions(4, "held", user: "postgres") { _ in
                try await run("pool check")
            }
            #expect(pool.exitCode == 1 && pool.stdout.hasPrefix("WARNING: "), "\(pool)")
            #expect(pool.stdout.split(separator: "\n").count == 1, "\(pool)")
        }
    }

    @Test("two identical lines at once: one backs up, the other waits as --wait says; without it 75 names the holder")
    func twoBackups() async throws {
        try await CronScene.with { scene in
            let line = try #require(try Crontab.all().first { $0.verb == "backup create" })
            guard case .shell(let text) = line.command else { return }
            let hasty = ScheduledJob(
                file: line.file, variables: line.variables, command: .shell(text.replacing("--wait 1h ", with: "")))
            // Somebody changes a table, so that the first backup is under way for as long as we like.
            let holder = try await Connection.open(
                scene.database.parameters, settings: SessionSettings(applicationName: "ddl"))
            try await holder.run { session in
                try session.execute("BEGIN")
                try session.execute("LOCK TABLE public.assets IN ACCESS EXCLUSIVE MODE")
            }
            async let first = scene.run(line)
            try await eventually("the first waits for the table") {
                try await scene.database.psql(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'assets'::regclass") != "0"
            }
            let refused = try await scene.run(hasty)
            #expect(refused.exitCode == 75 && refused.stdout == "", "\(refused)")
            #expect(
                refused.stderr.contains("dbctl backup create 01") && refused.stderr.contains("--wait"), "\(refused)")
            async let second = scene.run(line)
            await holder.close()
            for outcome in [try await first, try await second] {
                #expect(outcome.exitCode == 0 && outcome.stdout == "" && outcome.stderr == "", "\(outcome)")
            }
            #expect(try SetCatalog(LocalRepository(scene.repository)).sets().count == 2)
        }
    }

    @Test(
        "two identical lines at the same moment are both silent, and the work is done once",
        arguments: ["partition ensure", "partition retain", "refresh run"])
    func twoAtOnce(_ verb: String) async throws {
        try await CronScene.with { scene in
            let jobs = try Crontab.all()
            let line = try #require(jobs.first { $0.verb.hasPrefix(verb) })
            if verb == "partition retain" {
                // Its neighbour, so that it is not the last one.
                _ = try await scene.run(try #require(jobs.first { $0.verb == "partition ensure" }))
            }
            async let one = scene.run(line)
            async let other = scene.run(line)
            for outcome in [try await one, try await other] {
                #expect(outcome.exitCode == 0 && outcome.stdout == "" && outcome.stderr == "", "\(outcome)")
            }
            let rows = try await scene.database.psql(
                "SELECT count(*) FROM dbctl.operations WHERE command LIKE '\(verb)%' AND outcome = 'succeeded'")
            #expect(["1", "2"].contains(rows))
            #expect(try await scene.database.psql("SELECT count(*) FROM prices") == (verb == "refresh run" ? "2" : "0"))
        }
    }
}
