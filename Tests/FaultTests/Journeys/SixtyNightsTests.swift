import TestSupport
import Testing

/// Two months of one machine with cron on it, in which what can go wrong does; the time is faketime's.
@Suite struct SixtyNightsTests {
    private static let down: Set = [9, 10, 11]
    private static let full: Set = [16, 43]
    private static let killed: Set = [23, 24, 50]
    /// The clock of the machine, wrong for a day: by so many days.
    private static let jumps = [30: 10, 37: -20]
    /// Not every Sunday: one that is overdue is a warning.
    private static let drills: Set = [6, 20, 27, 48]

    private static func trouble(_ night: Int) -> NightWatch.Trouble {
        if down.contains(night) { return .serverDown }
        if full.contains(night) { return .diskFull }
        return killed.contains(night) ? .killed : .none
    }

    @Test("retention, verdicts, heartbeats and exit codes are right on every night, and the last good set restores")
    func sixty() async throws {
        try await TestServer.withSandbox { server in
            try await withTemporaryFolder { folder in
                try await Self.withDisk("\(folder)/disk") {
                    try await HTTPServer.with { monitor in
                        let watch = try await NightWatch(server, folder: folder, monitor)
                        try await Self.live(watch)
                    }
                }
            }
        }
    }

    private static func live(_ watch: NightWatch) async throws {
        try await watch.partitions(0)
        var verdicts: [Int32: Int] = [:]
        for night in 0..<60 {
            let (trouble, jump) = (trouble(night), jumps[night] ?? 0)
            try await watch.work(night)
            try await watch.backup(night, trouble, jump: jump)
            if night % 7 == 6 {
                try await watch.partitions(night)
                try await watch.verify(night)
            }
            if drills.contains(night) { try await watch.drill(night) }
            let verdict = try await watch.check(night, jump: jump)
            verdicts[verdict, default: 0] += 1
            #expect((verdict == 2) == (trouble != .none), "night \(night)")
            if trouble != .none || jump != 0 || night == 59 { try await watch.restore(night) }
        }
        // Each of them was seen, or the nights have proved less than they say.
        #expect(verdicts.keys.sorted() == [0, 1, 2], "\(verdicts)")
        #expect(verdicts[2] == down.count + full.count + killed.count)
        // January is past keeping by then.
        #expect(try await watch.oldestAttempt == "2024-02-01")
    }

    /// A disk of its own, small enough to be filled at once; mounted as root.
    private static func withDisk(_ folder: String, _ body: () async throws -> Void) async throws {
        _ = try await Program.run("mkdir", ["-p", folder])
        let mounted = try await Program.run("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", folder])
        #expect(mounted.exitCode == 0, "this test mounts a tmpfs, as root: \(mounted.stderr)")
        try await finally {
            try await body()
        } cleanUp: {
            _ = try await Program.run("umount", [folder])
        }
    }
}
