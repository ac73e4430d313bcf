import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/refresh-went-wrong.md`, read and run: each of its blocks mends the situation that it is for.
@Suite struct RefreshRunbookTests {
    /// A section of the runbook with a database, a feed and its file; its blocks are run one by one.
    private struct Section {
        let fixture: RefreshFixture
        let blocks: [Runbook.Block]

        /// - Parameter replaced: what stands for a person's own values in the runbook, and the test's.
        @discardableResult func run(
            _ place: Int, _ replaced: (String, String)..., location: SourceLocation = #_sourceLocation
        ) async throws -> Program.Outcome {
            let block = try #require(blocks.indices.contains(place) ? blocks[place] : nil, sourceLocation: location)
            var script = block.script
            for (old, new) in replaced {
                #expect(script.contains(old), sourceLocation: location)
                script = script.replacing(old, with: new)
            }
            let outcome = try await Runbook.run(
                "export FEED=prices FILE='\(fixture.folder)/prices.csv' DATABASE_URL='\(fixture.database.url)'\n\(script)",
                programs: fixture.database.server.binaries.folder, folder: fixture.folder)
            #expect(
                outcome.exitCode == 0, "\(block.script)\n\(outcome.stdout)\n\(outcome.stderr)", sourceLocation: location
            )
            return outcome
        }

        /// `dbctl refresh run` on a file, as the nightly job does it.
        func refresh(_ text: String, _ options: String...) async throws -> DbctlOutcome {
            try fixture.write(text, to: "prices.csv")
            return try await Dbctl.run(arguments + options, folder: fixture.folder)
        }

        var arguments: [String] {
            [
                "refresh", "run", "--feed", "prices", "--format", "json", "--database-url", fixture.database.url,
                "\(fixture.folder)/prices.csv",
            ]
        }

        func price(_ asset: Int, _ day: Int) async throws -> String {
            try await fixture.database.psql(
                "SELECT close::float8 FROM prices WHERE asset_id = \(asset) AND date = '2024-01-0\(day)'")
        }

        /// Tables that a run works in.
        func staged() async throws -> Int {
            let count = try await fixture.database.psql(
                "SELECT count(*) FROM pg_class WHERE relname ~ '^refresh_(staging|delta)_'")
            return Int(count) ?? -1
        }

        /// A session that has changed this row and does not commit.
        func holding(_ asset: Int, _ day: Int, _ body: () async throws -> Void) async throws {
            let parameters = fixture.database.parameters
            try await Connection.with(parameters, settings: .init(applicationName: "forgotten")) { connection in
                try await connection.run { session in
                    try session.execute("BEGIN")
                    let date = "2024-01-0\(day)"
                    _ = try session.rows(
                        """
                        UPDATE public.prices SET volume = 1
                        WHERE asset_id = \(asset) AND date = \(date)::text::date RETURNING 1
                        """)
                }
                try await body()
            }
        }
    }

    private static func section(
        _ heading: String, batch: Int = 1000, _ body: (Section) async throws -> Void
    ) async throws {
        let blocks = try Runbook.blocks(of: "refresh-went-wrong.md").filter { $0.heading == heading }
        try await RefreshFixture.with { fixture in
            let feed = "feeds: {prices: {table: prices, key: [asset_id, date], batch: \(batch)}}\n"
            try fixture.write(feed, to: "dbctl.yaml")
            try await body(Section(fixture: fixture, blocks: blocks))
        }
    }

    private static let head = "asset_id,date,close\n"
    /// Two prices that differ from what is there, and a new one.
    private static let changed = head + "1,2024-01-01,150\n2,2024-01-01,250\n3,2024-01-01,5\n"

    private static func runID(_ outcome: DbctlOutcome) throws -> String {
        let data = try outcome.json()["data"] as? [String: Any]
        return try #require(data?["refresh_run_id"] as? String, "\(outcome)")
    }

    @Test("each section with commands is run here, with as many blocks as it has")
    func complete() throws {
        let blocks = try Runbook.blocks(of: "refresh-went-wrong.md")
        let counts = Dictionary(blocks.map { ($0.heading, 1) }, uniquingKeysWith: +)
        #expect(
            counts == [
                // Only the settings, which every test has its own of.
                "": 1,
                "Symptom and verdict": 2, "Records were rejected": 2, "The same key twice": 1,
                "The file is another one than always": 3, "A guard refused": 2, "It wrote wrong prices": 3,
                "It is stuck, or busy": 3, "It was killed": 1, "Half of it is in": 2, "How to know that it is over": 1,
            ])
    }

    @Test("the verdict shows what was written; at the end everything says that it is over")
    func verdict() async throws {
        try await Self.section("Symptom and verdict") { section in
            #expect(try await section.refresh(Self.changed).exitCode == 0)
            let shown = try await section.run(0)
            #expect(shown.stdout.contains("applied") && shown.stdout.contains("refresh run"), "\(shown)")
            #expect(try await section.run(1).stdout.contains("nothing to write"))
        }
        try await Self.section("How to know that it is over") { section in
            #expect(try await section.refresh(Self.changed).exitCode == 0)
            let shown = try await section.run(0)
            #expect(shown.stdout.contains("NOTHING TO DO") && shown.stdout.contains("applied"), "\(shown)")
        }
    }

    @Test("rejected records are in their file, and the others can be applied without them")
    func rejected() async throws {
        try await Self.section("Records were rejected") { section in
            let refused = try await section.refresh(Self.changed + "1,2024-01-02,NaN\n")
            #expect(refused.exitCode == 65, "\(refused)")
            #expect(try await section.price(1, 1) == "100")
            let shown = try await section.run(0)
            #expect(shown.stdout.contains("NaN"), "\(shown)")
            try await section.run(1, ("N=3", "N=1"))
            #expect(try await section.price(1, 1) == "150")
        }
    }

    @Test("of records with the same key that say different things the last one can be made to count")
    func duplicates() async throws {
        try await Self.section("The same key twice") { section in
            let refused = try await section.refresh(Self.changed + "1,2024-01-01,160\n")
            #expect(refused.exitCode == 65 && refused.stdout.contains("refresh.duplicates"), "\(refused)")
            try await section.run(0)
            #expect(try await section.price(1, 1) == "160")
        }
    }

    @Test("a renamed column and a new one are told to a single run")
    func header() async throws {
        try await Self.section("The file is another one than always") { section in
            let renamed = try await section.refresh("asset_id,date,PX_LAST\n1,2024-01-01,150\n")
            #expect(renamed.exitCode == 65 && renamed.stdout.contains("refresh.header"), "\(renamed)")
            try await section.run(0)
            try await section.run(1)
            #expect(try await section.price(1, 1) == "150")
            let more = try await section.refresh("asset_id,date,close,note\n1,2024-01-01,160,x\n")
            #expect(more.exitCode == 65 && more.stdout.contains("refresh.header"), "\(more)")
            try await section.run(2)
            #expect(try await section.price(1, 1) == "160")
        }
    }

    @Test("what a guard held back is shown, and let through by the option of the message")
    func guarded() async throws {
        try await Self.section("A guard refused") { section in
            let refused = try await section.refresh(Self.head + "1,2024-01-01,1000\n")
            #expect(refused.exitCode == 80 && refused.stdout.contains("--allow 1:2024-01-01"), "\(refused)")
            let shown = try await section.run(0)
            #expect(shown.stdout.contains("10 times as high"), "\(shown)")
            try await section.run(1, ("AAPL:2024-06-10", "1:2024-01-01"))
            #expect(try await section.price(1, 1) == "1000")
        }
    }

    @Test("wrong prices are put back, and what was inserted goes when it is asked for")
    func undo() async throws {
        try await Self.section("It wrote wrong prices") { section in
            let run = try Self.runID(await section.refresh(Self.changed))
            let shown = try await section.run(0, ("01J9Z3", run))
            #expect(shown.stdout.contains("DRY RUN") && shown.stdout.contains("150"), "\(shown)")
            #expect(try await section.price(1, 1) == "150")
            try await section.run(1, ("\"$RUN\"", run))
            #expect(try await section.price(1, 1) == "100")
            #expect(try await section.price(3, 1) == "5")
            try await section.run(2, ("\"$RUN\"", run))
            #expect(try await section.price(3, 1) == "")
        }
    }

    @Test("who holds the rows is shown, can be waited for, and can be ended")
    func busy() async throws {
        try await Self.section("It is stuck, or busy") { section in
            try await section.holding(1, 1) {
                let refused = try await section.refresh(Self.changed, "--wait", "0s")
                #expect(refused.exitCode == 75 && refused.stdout.contains("refresh.busy"), "\(refused)")
                #expect(try await section.run(0).stdout.contains("forgotten"))
            }
            try await section.run(1)
            #expect(try await section.price(1, 1) == "150")
            try await section.holding(1, 1) {
                let again = Self.changed.replacing("150", with: "160")
                #expect(try await section.refresh(again, "--wait", "0s").exitCode == 75)
                let pid = try await section.fixture.database.psql(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE application_name = 'forgotten' AND datname = current_database()
                    """)
                try await section.run(2, ("12345", pid))
            }
            #expect(try await section.price(1, 1) == "160")
        }
    }

    @Test("a run that was killed is gone on with by the same command, and leaves nothing behind")
    func killed() async throws {
        try await Self.section("It was killed") { section in
            try section.fixture.write(Self.changed, to: "prices.csv")
            try await section.holding(1, 1) {
                _ = try await Dbctl.withRunning(
                    section.arguments + ["--wait", "10m"], folder: section.fixture.folder
                ) { running in
                    try await eventually("it has staged the feed") {
                        try await section.staged() > 0
                    }
                    try running.signal(SIGKILL)
                }
            }
            try await section.run(0)
            #expect(try await section.price(1, 1) == "150")
            #expect(try await section.staged() == 0)
        }
    }

    @Test("a run of which half is in is gone on with, or taken back as one")
    func half() async throws {
        try await Self.section("Half of it is in", batch: 1) { section in
            func stopped(_ price: Int) async throws -> DbctlOutcome {
                var outcome: DbctlOutcome?
                try await section.holding(2, 1) {
                    outcome = try await section.refresh(
                        Self.head + "1,2024-01-01,\(price)\n2,2024-01-01,\(price)\n", "--wait", "0s")
                }
                let partial = try #require(outcome)
                #expect(partial.exitCode == 81, "\(partial)")
                #expect(try await section.price(1, 1) == "\(price)")
                return partial
            }
            _ = try await stopped(150)
            try await section.run(0)
            #expect(try await section.price(2, 1) == "150")
            let run = try Self.runID(await stopped(160))
            try await section.run(1, ("01J9Z3", run))
            #expect(try await section.price(1, 1) == "150")
            #expect(try await section.price(2, 1) == "150")
        }
    }
}
