import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// One machine with cron on it, night after night: a server, a repository on a disk of its own, and a monitor that hears
/// heartbeats.
final class NightWatch {
    enum Trouble {
        case none, serverDown, diskFull, killed
    }

    let server: Sandbox
    private let fixture: BackupFaultFixture
    private let monitor: HTTPServer
    private var heard = 0
    private(set) var sets = KeptSets()
    /// By night: what the database held when its set was made.
    private var checksums: [Int: String] = [:]

    private static let first = Date(timeIntervalSince1970: 1_704_067_200)
    private static let database = "app"

    init(_ server: Sandbox, folder: String, _ monitor: HTTPServer) async throws {
        self.server = server
        self.monitor = monitor
        fixture = BackupFaultFixture(database: TestDatabase(name: Self.database, server: server), folder: folder)
        try write("")
        try await server.psql("CREATE DATABASE \(Self.database)")
        try await server.psql(
            """
            CREATE TABLE accounts (id int PRIMARY KEY, night int NOT NULL, balance numeric NOT NULL);
            INSERT INTO accounts SELECT i, 0, i FROM generate_series(1, 200) i;
            CREATE TABLE attempts (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL)
              PARTITION BY RANGE (at);
            """, database: Self.database)
    }

    private func write(_ more: String) throws {
        let text = """
            targets:
              app: {url: "postgresql://postgres@127.0.0.1:\(server.port)/\(Self.database)"}
            backup:
              repo: \(repository)
              jobs: 1
              keep: \(KeptSets.yaml)
              heartbeat: "http://127.0.0.1:\(monitor.port)/ping"
              \(more)
            partitions:
              - {table: attempts, by: at, every: 1 month, ahead: 1, keep: 2 weeks, on_expire: drop}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(fixture.folder)/dbctl.yaml"))
    }

    private var repository: String { "\(fixture.folder)/disk/repo" }

    private func moment(_ night: Int, _ hour: Double) -> Date { Self.first + Double(night) * 86_400 + hour * 3600 }

    private func dbctl(_ arguments: [String], at moment: Date) async throws -> DbctlOutcome {
        try await Dbctl.run(
            arguments + ["--config", "\(fixture.folder)/dbctl.yaml"], env: try await FakeTime.environment(at: moment),
            folder: fixture.folder)
    }

    /// What cron runs: nothing is said when all is well, and one block, with a code, when it is not.
    private func cron(
        _ arguments: [String], at moment: Date, exit: Int32, _ night: Int, saying code: String? = nil
    ) async throws {
        let outcome = try await dbctl(arguments + ["--quiet"], at: moment)
        #expect(outcome.exitCode == exit, "night \(night), \(arguments): \(outcome)")
        let isSilent = outcome.stdout.isEmpty && outcome.stderr.isEmpty
        #expect(isSilent == (exit == 0), "night \(night), \(arguments): \(outcome)")
        if let code { #expect(outcome.stderr.contains(code), "night \(night): \(outcome)") }
    }

    // MARK: A day

    /// The rows of the night, and what they come to.
    func work(_ night: Int) async throws {
        checksums[night] = try await server.psql(
            """
            UPDATE accounts SET night = \(night), balance = balance + id WHERE id % 7 = \(night % 7);
            INSERT INTO attempts (at) SELECT timestamptz 'epoch' + \(Int(moment(night, 1).timeIntervalSince1970)) *
              interval '1 second' FROM generate_series(1, 3);
            \(Self.checksum)
            """, database: Self.database)
    }

    private static let checksum = """
        SELECT md5((SELECT string_agg(a::text, ',' ORDER BY id) FROM accounts a)
          || (SELECT string_agg(t::text, ',' ORDER BY id) FROM attempts t))
        """

    /// - Parameter jump: by so many days the machine's clock is wrong on this one.
    func backup(_ night: Int, _ trouble: Trouble, jump: Int = 0) async throws {
        let now = moment(night + jump, 2 + 1.0 / 6)
        let create = ["backup", "create", "--all-targets", "--wait", "1h", "--prune"]
        switch trouble {
        case .none:
            try await cron(create, at: now, exit: 0, night)
            try take(night, from: now)
            sets.prune(at: now + 600)
            expectHeartbeats(["/ping/start", "/ping"], night)
        case .serverDown:
            try await server.stopServer(.immediate)
            try await cron(create, at: now, exit: 69, night, saying: "connect.refused")
            try await server.startServer()
            expectHeartbeats(["/ping/start", "/ping/fail"], night)
        case .diskFull:
            let ballast = "\(fixture.folder)/disk/ballast"
            try fill(ballast)
            try await cron(create, at: now, exit: 73, night)
            try Folder.removeFile(ballast)
            expectHeartbeats(["/ping/start", "/ping/fail"], night)
        case .killed:
            try await kill(create, at: now)
            expectHeartbeats(["/ping/start"], night)
        }
        #expect(try names() == sets.names, "night \(night)")
    }

    func check(_ night: Int, jump: Int = 0) async throws -> Int32 {
        let now = moment(night + jump, 8.5)
        let verdict = sets.verdict(at: now)
        try await cron(
            ["backup", "check", "--max-age", "26h", "--max-drill-age", "8d"], at: now, exit: verdict, night)
        return verdict
    }

    func verify(_ night: Int) async throws {
        try await cron(["backup", "verify", "--all"], at: moment(night, 4 + 2.0 / 3), exit: 0, night)
    }

    /// A set that lies ahead is mentioned, even to cron: somebody should look at the clock.
    func drill(_ night: Int) async throws {
        let now = moment(night, 5 + 1.0 / 3)
        let latest = try #require(sets.latest(at: now))
        let outcome = try await dbctl(["backup", "drill", "--latest", "--quiet"], at: now)
        #expect(outcome.exitCode == 0 && outcome.stdout.isEmpty, "night \(night): \(outcome)")
        #expect(outcome.stderr.isEmpty == (latest == sets.entries.first), "night \(night): \(outcome)")
        sets.drill(latest.name, at: now)
    }

    func partitions(_ night: Int) async throws {
        let now = moment(night, 3)
        try await cron(["partition", "ensure", "--all-targets", "--wait", "10m"], at: now, exit: 0, night)
        try await cron(["partition", "retain", "--all-targets", "--yes"], at: now, exit: 0, night)
        try await cron(["partition", "check", "--all-targets"], at: now, exit: 0, night)
    }

    var oldestAttempt: String {
        get async throws {
            try await server.psql(
                "SELECT min(at AT TIME ZONE 'UTC')::date FROM attempts", database: Self.database)
        }
    }

    /// The newest set comes back as the database was when it was made.
    func restore(_ night: Int) async throws {
        let now = moment(night, 9)
        let latest = try #require(sets.latest(at: now))
        let outcome = try await dbctl(
            ["restore", "--latest", "--into", "back", "--create", "--target", "app"], at: now)
        #expect(outcome.exitCode == 0, "night \(night): \(outcome)")
        let back = try await server.psql(Self.checksum, database: "back")
        #expect(back == checksums[latest.night], "night \(night): \(latest)")
        try await server.psql("DROP DATABASE back")
    }

    // MARK: What there is

    private func names() throws -> Set<String> {
        let items = (try? FileManager.default.contentsOfDirectory(atPath: "\(repository)/\(Self.database)")) ?? []
        return Set(items.filter { $0.wholeMatch(of: /[0-9]{8}T[0-9]{6}Z-[0-9A-Z]{26}/) != nil })
    }

    /// The one that was not there before, whose name says when it was made.
    private func take(_ night: Int, from now: Date) throws {
        let new = try names().subtracting(sets.names)
        #expect(new.count == 1, "night \(night): \(new)")
        let name = try #require(new.first)
        let time = try #require(Self.time(of: name))
        #expect(time.timeIntervalSince(now) > -2 && time.timeIntervalSince(now) < 600, "night \(night): \(name)")
        sets.add(KeptSets.Entry(name: name, time: time, night: night))
    }

    /// `20240101T021000Z-…`
    private static func time(of name: String) -> Date? {
        let parts = name.prefix(15).filter(\.isNumber).map(String.init)
        func number(_ digits: Range<Int>) -> Int? { Int(parts[digits].joined()) }
        return KeptSets.calendar.date(
            from: DateComponents(
                year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(8..<10),
                minute: number(10..<12), second: number(12..<14)))
    }

    private func expectHeartbeats(_ expected: [String], _ night: Int) {
        let paths = monitor.paths
        #expect(Array(paths.dropFirst(heard)) == expected, "night \(night)")
        heard = paths.count
    }

    private func fill(_ ballast: String) throws {
        let free = try Folder.freeBytes("\(fixture.folder)/disk")
        let file = try OutputFile(creating: ballast)
        defer { file.close() }
        try file.write([UInt8](repeating: 0, count: Int(free)))
    }

    /// In the midst of it: pg_dump has done its work, and is not gone yet.
    private func kill(_ create: [String], at now: Date) async throws {
        _ = try await fixture.spy("REAL \"$@\"; echo $$ > \(fixture.folder)/dumped; exec sleep 1000")
        try write("pg_bin: \(fixture.folder)/bin")
        let killed = try await Dbctl.withRunning(
            create + ["--quiet", "--config", "\(fixture.folder)/dbctl.yaml"],
            env: try await FakeTime.environment(at: now), folder: fixture.folder
        ) { running in
            let pid = try await fixture.spied("dumped")
            try running.signal(SIGKILL)
            _ = Glibc.kill(pid, SIGKILL)
        }
        #expect(killed.exitCode == 137, "\(killed)")
        try Folder.removeFile("\(fixture.folder)/dumped")
        try Folder.remove("\(fixture.folder)/bin")
        try write("")
    }
}
