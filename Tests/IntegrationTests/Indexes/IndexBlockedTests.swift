import DBKit
import TestSupport
import Testing

/// Others' transactions in the way of a build, I3.
@Suite("Index builds that have to wait, I2 I3 I6")
struct IndexBlockedTests {
    /// What a run said, in order.
    private actor Told {
        private(set) var events: [IndexEvent] = []

        func add(_ event: IndexEvent) { events.append(event) }

        var waits: [String] {
            events.compactMap { event in
                if case .waiting(let phase, let blockers) = event { "\(phase) \(blockers)" } else { nil }
            }
        }
    }

    /// Shown within 2 s on a machine of its own: `bench/RESULTS.md`.
    @Test("an old snapshot is shown with its pid, age and query; past --max-wait 75, and nothing is left")
    func oldSnapshot() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            let told = Told()
            let request = fixture.request {
                $0.maximumWait = .seconds(4)
                $0.onEvent = { event in Task { await told.add(event) } }
            }
            try await fixture.holding("SELECT * FROM other") {
                let build = Task { try await fixture.create("prices", "date", request: request) }
                try await eventually("the blocker is shown") { await !told.waits.isEmpty }
                let shown = await told.waits.joined()
                #expect(shown.contains("waiting for old snapshots") && shown.contains("forgotten"))
                #expect(shown.contains("SELECT * FROM other") && shown.contains("transaction open for"))
                let failure = await #expect(throws: Failure.self) { try await build.value }
                #expect(failure?.code == .indexMaxWait && failure?.category == .busy)
                #expect(failure?.detail?.contains("No INVALID index is left") == true, "\(String(describing: failure))")
                #expect(try await fixture.indexes() == [])
            }
            #expect(try await fixture.create("prices", "date").indexes[0].state == .created)
        }
    }

    @Test(
        "a blocker that holds the table: no DROP can finish, 81 says so, and a rerun or repair mends it",
        arguments: [false, true])
    func holder(byRepair: Bool) async throws {
        try await IndexFixture.with { fixture in
            let request = fixture.request { $0.maximumWait = .seconds(1) }
            try await fixture.holding("SELECT count(*) FROM prices") {
                let failure = await #expect(throws: Failure.self) {
                    try await fixture.create("prices", "date", request: request)
                }
                #expect(failure?.code == .indexLeftover && failure?.category == .partial)
                let detail = failure?.detail ?? ""
                #expect(
                    detail.contains("public.prices_date_idx is left INVALID") && detail.contains("forgotten"),
                    "\(detail)")
                #expect(detail.contains("writers are not being rejected"))
                let left = try await fixture.indexes()
                #expect(left == ["prices_date_idx invalid"])
            }
            if byRepair {
                let report = try await IndexRepair(fixture.request()).run()
                #expect(report.failure == nil && report.indexes.count == 1)
            } else {
                #expect(try await fixture.create("prices", "date").indexes[0].state == .created)
                #expect(try await fixture.indexes() == ["prices_date_idx valid"])
            }
            #expect(try await fixture.indexes().contains { $0.hasSuffix("invalid") } == false)
        }
    }

    @Test("a unique index that cannot be dropped again rejects rows, and 81 says so")
    func rejecting() async throws {
        try await IndexFixture.with { fixture in
            let request = fixture.request { $0.maximumWait = .seconds(3) }
            try await fixture.holding("SELECT count(*) FROM prices") {
                let failure = await #expect(throws: Failure.self) {
                    try await fixture.create("prices", "close", request: request) { $0.isUnique = true }
                }
                #expect(failure?.code == .indexLeftover && failure?.category == .partial)
                #expect(failure?.detail?.contains("ARE BEING REJECTED") == true, "\(String(describing: failure))")
                let insert = "INSERT INTO prices VALUES (1, '2030-01-01', 1)"
                await #expect(throws: (any Error).self) { try await fixture.database.psql(insert) }
            }
            let again = try await fixture.create("prices", "close") { $0.isUnique = true }
            #expect(again.indexes[0].state == .created)
        }
    }

    @Test("a build that takes longer than --max-wait, with nobody in its way, is not ended")
    func busy() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql(IndexFixture.slowFunction)
            let told = Told()
            let request = fixture.request {
                $0.maximumWait = .milliseconds(300)
                $0.onEvent = { event in Task { await told.add(event) } }
            }
            let begun = ContinuousClock.now
            let report = try await fixture.create("prices", "(slow(asset_id))", request: request)
            #expect(report.indexes[0].state == .created)
            // Else it shows nothing.
            #expect(ContinuousClock.now - begun > .milliseconds(600))
            #expect(await told.waits == [])
        }
    }

    @Test("--unique is not begun while a transaction older than --max-wait holds the table: 75 naming it")
    func oldHolder() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.holding("SELECT count(*) FROM prices") {
                let request = fixture.request { $0.maximumWait = .milliseconds(100) }
                try await Task.sleep(for: .milliseconds(200))
                let failure = await #expect(throws: Failure.self) {
                    try await fixture.create("prices", "date", "asset_id", request: request) { $0.isUnique = true }
                }
                #expect(failure?.code == .indexMaxWait && failure?.message.contains("forgotten") == true)
                #expect(try await fixture.indexes() == [])
            }
        }
    }

    @Test(
        "an equivalent INVALID index whose builder is alive is left untouched: 75 with its pid and phase, also for a role that may not see them"
    )
    func alive() async throws {
        try await IndexFixture.with { fixture in
            let role = TestServer.uniqueName("r")
            try await fixture.database.psql(
                "CREATE ROLE \(role) LOGIN; ALTER TABLE prices OWNER TO \(role); GRANT CREATE ON SCHEMA public TO \(role); CREATE TABLE other (a int)"
            )
            try await fixture.holding("SELECT * FROM other") {
                try await fixture.database.server.withWaiters(
                    ["CREATE INDEX CONCURRENTLY theirs ON public.prices (date)"], "their", user: "postgres",
                    database: fixture.database.name
                ) {
                    try await eventually("it is being built") { try await fixture.indexes() == ["theirs invalid"] }
                    let pid = try await fixture.database.psql(
                        "SELECT pid FROM pg_stat_progress_create_index WHERE datname = current_database()")
                    for user in ["postgres", role] {
                        let request = fixture.request {
                            $0.wait = .milliseconds(300)
                            $0.server.set("user", user)
                        }
                        let failure = await #expect(throws: Failure.self) {
                            try await fixture.create("prices", "date", request: request)
                        }
                        #expect(failure?.code == .indexBeingBuilt && failure?.message.contains("pid \(pid)") == true)
                        #expect(user == role || failure?.message.contains("waiting for old snapshots") == true)
                    }
                    // `repair` does not touch it either.
                    let report = try await IndexRepair(fixture.request()).run()
                    #expect(report.indexes.map(\.state) == [.skipped])
                    #expect(try await fixture.indexes() == ["theirs invalid"])
                }
            }
            try await fixture.database.psql(
                "REASSIGN OWNED BY \(role) TO postgres; DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test(
        "a table that somebody has locked is waited for; past --wait 75 with the table, pid, age, query and what ends it"
    )
    func lockedTable() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE INDEX loose ON prices (close); CREATE TABLE other (a int)")
            let told = Told()
            let hurried = { @Sendable in
                fixture.request {
                    $0.lockTimeout = .milliseconds(50)
                    $0.wait = .milliseconds(300)
                    $0.onEvent = { event in Task { await told.add(event) } }
                }
            }
            var apply = IndexApply(hurried(), declared: [IndexSpecification(table: "prices", columns: ["date"])])
            apply.prunes = true
            let runs: [@Sendable () async throws -> Void] = [
                { _ = try await fixture.creation("prices", ["date"], request: hurried()).run() },
                { _ = try await fixture.creation("prices", ["date"], request: hurried()).plan() },
                { _ = try await IndexDrop(hurried(), name: "loose").run() },
                { [apply] in _ = try await apply.run(dropping: .all) },
            ]
            // Another table is locked too, which has nothing to do with it.
            try await fixture.holding("LOCK TABLE other") {
                try await fixture.holding("LOCK TABLE prices") {
                    let pid = try await fixture.database.psql(
                        "SELECT pid FROM pg_locks WHERE relation = 'prices'::regclass AND granted AND mode = 'AccessExclusiveLock'"
                    )
                    for run in runs {
                        let failure = await #expect(throws: Failure.self) { try await run() }
                        #expect(failure?.code == .indexLocked && failure?.category == .busy)
                        let detail = failure?.detail ?? ""
                        #expect(
                            failure?.message.contains("public.prices is locked") == true,
                            "\(String(describing: failure))")
                        #expect(
                            detail.contains("pid \(pid) (postgres, forgotten), transaction open for")
                                && detail.contains("LOCK TABLE prices"), "\(detail)")
                        #expect(failure?.hint?.contains("`SELECT pg_terminate_backend(\(pid))`") == true)
                    }
                    let tries = await told.events.count {
                        if case .retrying(let what, _) = $0 { what.contains("public.prices") } else { false }
                    }
                    #expect(tries >= runs.count)
                }
                let patient = fixture.request { $0.lockTimeout = .milliseconds(50) }
                #expect(try await fixture.create("prices", "date", request: patient).indexes[0].state == .created)
            }
        }
    }

    @Test("once the lock is gone within --wait, the run goes on")
    func unlocked() async throws {
        try await IndexFixture.with { fixture in
            let told = Told()
            let request = fixture.request {
                $0.lockTimeout = .milliseconds(50)
                $0.onEvent = { event in Task { await told.add(event) } }
            }
            let build = try await fixture.holding("LOCK TABLE prices") {
                let build = Task { try await fixture.create("prices", "date", request: request) }
                try await eventually("it came again") {
                    await told.events.contains { if case .retrying = $0 { true } else { false } }
                }
                return build
            }
            #expect(try await build.value.indexes[0].state == .created)
        }
    }

    @Test("two runs on one table are serialised, whatever they build, and never a deadlock")
    func serialised() async throws {
        try await IndexFixture.with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for columns in [["date"], ["close"], ["date"], ["name"], ["close", "date"], ["asset_id"]] {
                    group.addTask { _ = try await fixture.creation("prices", columns, force: true).run() }
                }
                try await group.waitForAll()
            }
            let found = try await fixture.indexes()
            #expect(found.count == 5 && found.allSatisfy { $0.hasSuffix(" valid") }, "\(found)")
        }
    }

    @Test("a run that is cancelled leaves nothing behind")
    func cancelled() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            try await fixture.holding("SELECT * FROM other") {
                let task = Task { try await fixture.create("prices", "date") }
                try await eventually("it is being built") { try await fixture.indexes() == ["prices_date_idx invalid"] }
                task.cancel()
                let failure = await #expect(throws: Failure.self) { try await task.value }
                #expect(failure?.category == .interrupted)
                #expect(try await fixture.indexes() == [])
                let outcome = try await fixture.database.psql("SELECT outcome FROM dbctl.operations")
                #expect(outcome == "failed")
            }
        }
    }

    @Test("a build whose server process is ended leaves nothing behind")
    func ended() async throws {
        try await IndexFixture.with { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            try await fixture.holding("SELECT * FROM other") {
                let task = Task { try await fixture.create("prices", "date") }
                try await eventually("it is being built") {
                    try await fixture.database.psql(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_progress_create_index WHERE datname = current_database() AND phase LIKE 'waiting for old%'"
                    ) == "1"
                }
                let failure = await #expect(throws: Failure.self) { try await task.value }
                #expect(failure?.code.name == "session.terminated", "\(String(describing: failure))")
                #expect(try await fixture.indexes() == [])
            }
        }
    }
}
