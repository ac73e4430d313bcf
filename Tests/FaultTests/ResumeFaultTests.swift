import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// A restore that is killed and gone on with (B14).
@Suite struct ResumeFaultTests {
    /// `data` of a restore's document.
    private struct Document: Decodable {
        var data: RestoreResult?
        var error: Problem?
        struct Problem: Decodable {
            var code: String
            var message: String
            var hint: String?
        }
    }

    private enum Way: CaseIterable {
        case create, existing, clean

        var options: [String] {
            switch self {
            case .create: ["--create"]
            case .existing: []
            case .clean: ["--clean", "--yes"]
            }
        }
    }

    private static func arguments(_ fixture: ResumeFixture, _ set: String, _ options: [String]) -> [String] {
        ["restore", "--database-url", fixture.url, "--from", set, "--into", "copy", "--format", "json"] + options
    }

    private static func prepare(_ way: Way, _ fixture: ResumeFixture) async throws {
        guard way != .create else { return }
        try await fixture.server.psql("CREATE DATABASE copy TEMPLATE template0")
        if way == .clean { try await fixture.server.psql("CREATE TABLE old ()", database: "copy") }
    }

    private static func run(
        _ fixture: ResumeFixture, _ set: String, _ options: [String]
    ) async throws -> (exit: Int32, document: Document) {
        let outcome = try await Dbctl.run(arguments(fixture, set, options))
        return (outcome.exitCode, try outcome.decode(Document.self))
    }

    /// Kills a restore at a gate; returns the database that it has left.
    private static func kill(
        _ fixture: ResumeFixture, _ set: String, at gate: ResumeFixture.Gate, _ options: [String],
        by stop: (RunningDbctl) async throws -> Void = { try $0.signal(SIGKILL) }
    ) async throws -> String {
        try await fixture.close(gate)
        _ = try await Dbctl.withRunning(arguments(fixture, set, options)) { running in
            try await fixture.untilItWaits()
            try await stop(running)
        }
        let left = try await fixture.left()
        return left.isEmpty ? "copy" : left
    }

    private static let journals = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'dbctl%'"

    @Test(
        "killed at 10, 40 and 70 per cent or later: --resume loads no finished table again, and the result is equal, B14",
        arguments: [
            (.early, .create), (.middle, .create), (.late, .create), (.index, .create), (.view, .create),
            (.late, .existing), (.index, .existing), (.late, .clean),
        ] as [(ResumeFixture.Gate, Way)])
    private func killed(gate: ResumeFixture.Gate, way: Way) async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            let expected = try await fixture.dump("source", isWhole: way != .existing)
            try await Self.prepare(way, fixture)
            let options = way.options + ["--jobs", "1"]
            let left = try await Self.kill(fixture, set, at: gate, options)
            try await fixture.open(gate)
            let before = try await fixture.fingerprints(left)
            let finished: [ResumeFixture.Gate: Int] = [.early: 1, .middle: 4, .late: 7]
            #expect(before.count == finished[gate] ?? ResumeFixture.tables)

            let told = try await Self.run(fixture, set, options + ["--resume", "--dry-run"])
            #expect(told.exit == 0, "\(told)")
            let loads = told.document.data?.steps?.filter { $0.hasPrefix("load TABLE DATA") } ?? []
            #expect(loads.count == ResumeFixture.tables - before.count, "\(told)")

            let resumed = try await Self.run(fixture, set, options + ["--resume"])
            #expect(resumed.exit == 0, "\(resumed)")
            #expect(resumed.document.data?.skipped?.tables == Int64(before.count), "\(resumed)")
            #expect(resumed.document.data?.tables == Int64(ResumeFixture.tables - before.count))
            #expect(resumed.document.data?.warnings == [])
            let after = try await fixture.fingerprints("copy")
            #expect(after.filter { before[$0.key] != nil } == before)
            // What is said about the database itself comes with a database that the restore makes.
            let restored = try await fixture.dump("copy", isWhole: way != .existing)
            #expect(restored.difference(from: expected).isEmpty)
            #expect(try await fixture.server.psql(Self.journals, database: "copy") == "0")
            #expect(try await fixture.left() == "")
        }
    }

    @Test(
        "a server that dies under a restore, and comes back: --resume goes on, B14", arguments: [Way.create, .existing])
    private func serverDies(way: Way) async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            let expected = try await fixture.dump("source", isWhole: false)
            try await Self.prepare(way, fixture)
            let options = way.options + ["--jobs", "1"]
            try await fixture.close(.late)
            let outcome = try await Dbctl.withRunning(Self.arguments(fixture, set, options)) { _ in
                try await fixture.untilItWaits()
                try await fixture.server.restartServer(.immediate)
            }
            #expect(outcome.exitCode == 69, "\(outcome)")
            let error = try outcome.decode(Document.self).error
            #expect(error?.hint?.contains("--resume") == true, "\(outcome)")
            try await fixture.open(.late)
            let resumed = try await Self.run(fixture, set, options + ["--resume"])
            #expect(resumed.exit == 0, "\(resumed)")
            // Commits of the last moments may be lost, with their rows.
            let skipped = resumed.document.data?.skipped?.tables ?? 0
            #expect(skipped <= 7 && resumed.document.data?.tables == Int64(ResumeFixture.tables) - skipped)
            let restored = try await fixture.dump("copy", isWhole: false)
            #expect(restored.difference(from: expected).isEmpty)
        }
    }

    @Test("a worker's own process killed with SIGKILL, which restarts the server: --resume goes on, B14")
    func backendDies() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            let options = ["--create", "--jobs", "2"]
            try await fixture.close(.middle)
            let outcome = try await Dbctl.withRunning(Self.arguments(fixture, set, options)) { _ in
                try await fixture.untilItWaits()
                try await fixture.killWaiting()
            }
            #expect(outcome.exitCode == 69, "\(outcome)")
            try await eventually("the server is back") { (try? await fixture.open(.middle)) != nil }
            let resumed = try await Self.run(fixture, set, options + ["--resume"])
            #expect(resumed.exit == 0, "\(resumed)")
            let restored = try await fixture.dump("copy", isWhole: true)
            #expect(try await restored.difference(from: fixture.dump("source", isWhole: true)).isEmpty)
        }
    }

    @Test("with nothing to resume a restore says so and begins from the start, in either place; twice is 73")
    func nothing() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            for way in [Way.create, .existing] {
                try await Self.prepare(way, fixture)
                let whole = try await Self.run(fixture, set, way.options + ["--resume"])
                #expect(whole.exit == 0, "\(whole)")
                #expect(whole.document.data?.warnings == ["there was nothing to resume: restored from the start"])
                #expect(whole.document.data?.skipped == RestoreSkipped())
                #expect(try await Self.run(fixture, set, way.options + ["--resume"]).exit == 73)
                try await fixture.server.psql("DROP DATABASE copy")
            }
        }
    }

    @Test("another set or other options than those of the interrupted restore are refused, and nothing is lost: 64")
    func differs() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            let other = try await fixture.backup()
            #expect(set != other)
            for way in [Way.create, .existing] {
                try await Self.prepare(way, fixture)
                let left = try await Self.kill(fixture, set, at: .middle, way.options)
                try await fixture.open(.middle)
                let before = try await fixture.fingerprints(left)
                let stranger = try await Self.run(fixture, other, way.options + ["--resume"])
                #expect(stranger.exit == 64 && stranger.document.error?.code == "restore.resume_differs", "\(stranger)")
                let name = String(set.split(separator: "/").last ?? "")
                #expect(stranger.document.error?.message.contains(name) == true)
                let owner = try await Self.run(fixture, set, way.options + ["--resume", "--no-owner"])
                #expect(owner.exit == 64 && owner.document.error?.message.contains("--no-owner") == true, "\(owner)")
                #expect(try await fixture.fingerprints(left) == before)
                if way == .existing {
                    let again = try await Self.run(fixture, set, [])
                    #expect(again.exit == 73 && again.document.error?.hint?.contains("--resume") == true, "\(again)")
                }
                let resumed = try await Self.run(fixture, set, way.options + ["--resume", "--jobs", "3"])
                #expect(resumed.exit == 0, "\(resumed)")
                try await fixture.server.psql("DROP DATABASE copy")
            }
        }
    }

    @Test("a restore into another name leaves what can be gone on with, and says that it is there")
    func otherName() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            let left = try await Self.kill(fixture, set, at: .late, ["--create"])
            try await fixture.open(.late)
            let arguments = ["restore", "--database-url", fixture.url, "--from", set, "--into", "other", "--create"]
            for options in [[], ["--resume"]] {
                let other = try await Dbctl.run(arguments + options + ["--format", "json"])
                let result = try other.decode(Document.self).data
                #expect(other.exitCode == 0 && result?.swept == [], "\(other)")
                #expect(result?.warnings.contains { $0.contains(left) && $0.contains("--resume") } == true, "\(other)")
                try await fixture.server.psql("DROP DATABASE other")
            }
            let resumed = try await Self.run(fixture, set, ["--create", "--resume"])
            #expect(resumed.exit == 0 && (resumed.document.data?.skipped?.tables ?? 0) > 0, "\(resumed)")
        }
    }

    @Test("what another restore works on right now is not taken from it: 75")
    func rivals() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            for way in [Way.create, .existing] {
                try await Self.prepare(way, fixture)
                _ = try await Self.kill(fixture, set, at: .late, way.options)
                try await eventually("the killed run's sessions end") {
                    try await fixture.server.psql(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbctl restore%'") == "0"
                }
                // The gate is closed still: the one that resumes comes to it, too.
                let outcome = try await Dbctl.withRunning(
                    Self.arguments(fixture, set, way.options + ["--resume"])
                ) { _ in
                    try await fixture.untilItWaits()
                    let second = try await Dbctl.withRunning(
                        Self.arguments(fixture, set, way.options + ["--resume"])
                    ) { running in
                        try await eventually("the second one gives up", timeout: .seconds(60)) { running.hasEnded }
                    }
                    #expect(second.exitCode == 75, "\(second)")
                    try await fixture.open(.late)
                }
                #expect(outcome.exitCode == 0, "\(outcome)")
                try await fixture.server.psql("DROP DATABASE copy")
            }
        }
    }

    @Test("--clean --resume whose database is in use at the end: 75, and what is restored waits for the next --resume")
    func busyAtTheEnd() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            try await Self.prepare(.clean, fixture)
            try await fixture.close(.view)
            let options = Way.clean.options + ["--resume"]
            let shop = ConnectionParameters(url: fixture.url(of: "copy"))
            var holder: Connection?
            let outcome = try await Dbctl.withRunning(Self.arguments(fixture, set, options)) { _ in
                try await fixture.untilItWaits()
                holder = try await Connection.open(shop, settings: .init(applicationName: "shop"))
                try await fixture.open(.view)
            }
            await holder?.close()
            #expect(outcome.exitCode == 75, "\(outcome)")
            #expect(try outcome.decode(Document.self).error?.hint?.contains("--resume") == true)
            let resumed = try await Self.run(fixture, set, options)
            #expect(resumed.exit == 0, "\(resumed)")
            #expect(resumed.document.data?.skipped?.tables == Int64(ResumeFixture.tables), "\(resumed)")
            let restored = try await fixture.dump("copy", isWhole: true)
            #expect(try await restored.difference(from: fixture.dump("source", isWhole: true)).isEmpty)
        }
    }

    @Test("interrupted with SIGTERM: 143; what was done is kept for --resume only when that was given")
    func stopped() async throws {
        try await ResumeFixture.with { fixture in
            let set = try await fixture.backup()
            for keeps in [false, true] {
                let options = ["--create"] + (keeps ? ["--resume"] : [])
                try await fixture.close(.late)
                let outcome = try await Dbctl.withRunning(Self.arguments(fixture, set, options)) { running in
                    try await fixture.untilItWaits()
                    try running.signal(SIGTERM)
                }
                #expect(outcome.exitCode == 143, "\(outcome)")
                try await fixture.open(.late)
                #expect(try await fixture.left().isEmpty != keeps)
            }
            // Without --resume what was left is removed, and said so.
            let left = try await fixture.left()
            let again = try await Self.run(fixture, set, ["--create"])
            #expect(again.exit == 0 && again.document.data?.swept == [left], "\(again)")
            #expect(again.document.data?.skipped == nil)
        }
    }
}
