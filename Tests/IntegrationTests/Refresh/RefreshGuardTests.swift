import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Refresh: what the guards refuse, R6 R15")
struct RefreshGuardTests {
    private static let header = "asset_id,date,close,volume\n"

    /// Runs it, and wants it refused with nothing written and the rows in quarantine.
    private static func refused(
        _ rows: String, _ fixture: RefreshFixture, _ change: (inout FeedDefinition) -> Void = { _ in }
    ) async throws -> RefreshReport {
        let before = try await fixture.table()
        let report = try await fixture.run(header + rows, change)
        #expect(report.failure?.code == .refreshGuard && report.failure?.category == .guarded)
        #expect(!report.isApplied && report.runID == nil && report.addsUp)
        #expect(try await fixture.table() == before)
        return report
    }

    private static func quarantine(_ fixture: RefreshFixture) throws -> [String] {
        try String(contentsOfFile: "\(fixture.folder)/feed.csv.quarantine.csv", encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    @Test(
        "a price that jumps beyond the factor, up or down, is held back with the row that it would have changed",
        arguments: ["600", "19.9"])
    func jump(_ price: String) async throws {
        try await RefreshFixture.with { fixture in
            let report = try await Self.refused("1,2024-01-01,\(price),1000\n1,2024-01-02,101.5,1000\n", fixture)
            #expect(report.findings.map(\.kind) == [.jump] && report.findings.first?.override == "--allow 1:2024-01-01")
            let lines = try Self.quarantine(fixture)
            #expect(lines.count == 2 && lines[0] == "line,reason,asset_id,date,close,volume")
            #expect(lines[1].hasPrefix("2,") && lines[1].contains("100.0000"))
            let allowed = try await fixture.run { $0.guards.allowed = ["1:2024-01-01"] }
            #expect(allowed.updated == 2 && allowed.failure == nil)
        }
    }

    @Test("R6 what is held back stands in its file as the feed spells it, and means the same row there")
    func quarantineOfLookups() async throws {
        try await RefreshFixture.with { fixture in
            // To whom the numbers of others are names.
            try await fixture.database.psql("INSERT INTO assets VALUES (4, '1')")
            func run(_ feed: String?, _ change: (inout FeedDefinition) -> Void = { _ in }) async throws -> RefreshReport
            {
                try await fixture.run(feed) {
                    $0.map["asset_id"] = FeedSource(
                        header: "symbol", lookup: FeedLookup(table: "assets", column: "symbol"))
                    $0.nulls = ["NA"]
                    change(&$0)
                }
            }
            let held = try await run("symbol,date,close,volume\nAAA,2024-01-01,900,NA\nBBB,2024-01-01,201,1000\n")
            #expect(held.failure?.code == .refreshGuard)
            let lines = try Self.quarantine(fixture)
            #expect(lines.count == 2 && lines[1].hasSuffix(",AAA,2024-01-01,900.0000,NA"), "\(lines)")
            let again = try await run(lines.joined(separator: "\n") + "\n") {
                $0.columns = ["asset_id", "date", "close", "volume"]
                $0.guards.allowed = ["AAA"]
            }
            #expect(again.updated == 1 && again.failure == nil)
            #expect(try await fixture.table().contains("1|2024-01-01|900.0000|\n"))
            // The quarantine of the run before is no news of this one.
            #expect(again.warnings.contains { $0.contains("feed.csv.quarantine.csv is of an earlier run") })
        }
    }

    @Test("a row that is new, or was no price before, is never compared; factors below the limit pass")
    func noJump() async throws {
        try await RefreshFixture.with { fixture in
            try await fixture.database.psql("UPDATE prices SET close = 0 WHERE asset_id = 2 AND date = '2024-01-02'")
            let report = try await fixture.run(
                Self.header + "3,2024-01-01,99999,1\n2,2024-01-02,500,1\n1,2024-01-01,499,1\n1,2024-01-02,20.3,1\n")
            #expect(report.counts == "read 4 = 1 + 3 + 0 + 0 + 0 + 0")
        }
    }

    @Test("a hundred times as much is another unit, also where jumps are allowed")
    func unit() async throws {
        try await RefreshFixture.with { fixture in
            let report = try await Self.refused("1,2024-01-01,10000,1000\n", fixture) { $0.guards.maximumJump = 1000 }
            #expect(report.findings.map(\.kind) == [.unit])
        }
    }

    @Test("a known split passes; a jump beside it does not")
    func split() async throws {
        try await RefreshFixture.with { fixture in
            let feed = Self.header + "1,2024-01-01,10.05,1000\n"
            #expect(try await fixture.run(feed) { $0.guards.splits = [10] }.updated == 1)
            let report = try await Self.refused("2,2024-01-01,1400,1000\n", fixture) { $0.guards.splits = [10] }
            #expect(report.findings.map(\.kind) == [.jump])
        }
    }

    @Test("assets of the last run that are missing refuse the second run of a feed, not the first")
    func missingAssets() async throws {
        try await RefreshFixture.with { fixture in
            let both = Self.header + "1,2024-01-01,100,1000\n2,2024-01-01,200,1000\n3,2024-01-01,300,1\n"
            func feed(_ definition: inout FeedDefinition) {
                definition.name = "prices"
                definition.guards.missingAssets = GuardThresholds().missingAssets
            }
            #expect(try await fixture.run(both, feed).missingAssetsCount == 0)
            let report = try await Self.refused("1,2024-01-01,101,1000\n", fixture, feed)
            #expect(report.findings.map(\.kind) == [.missingAssets])
            #expect(report.missingAssets == ["2", "3"] && report.missingAssetsCount == 2)
            #expect(report.findings.first?.override == "--max-missing 67%")
            let allowed = try await fixture.run { definition in
                feed(&definition)
                definition.guards.missingAssets = 67
            }
            #expect(allowed.updated == 1)
            // From now on the last run has one asset only.
            #expect(try await fixture.run(nil, feed).missingAssetsCount == 0)
        }
    }

    @Test("too many changed rows, a stale feed, and dates too far back are refused once they are configured")
    func configured() async throws {
        try await RefreshFixture.with { fixture in
            let rows = "1,2024-01-01,101,1000\n1,2024-01-02,102,1000\n1,2024-01-03,102,1000\n3,2024-01-01,1,1\n"
            let changed = try await Self.refused(rows, fixture) { $0.guards.maximumChanged = 50 }
            #expect(
                changed.findings.map(\.kind) == [.massChange] && changed.findings.first?.override == "--max-changed 67%"
            )
            let stale = try await Self.refused(rows, fixture) { $0.guards.staleAfter = .seconds(3 * 86_400) }
            #expect(stale.findings.map(\.kind) == [.stale])
            let back = try await Self.refused(rows, fixture) { $0.guards.backWindow = .seconds(59 * 86_400) }
            #expect(back.findings.map(\.kind) == [.backWindow] && back.findings.first?.rows == 2)
            #expect(try Self.quarantine(fixture).count == 3)
            let all = try await fixture.run {
                $0.guards.maximumChanged = 67
                $0.guards.staleAfter = .seconds(90 * 86_400)
                $0.guards.backWindow = .seconds(90 * 86_400)
            }
            #expect(all.counts == "read 4 = 1 + 2 + 1 + 0 + 0 + 0")
        }
    }

    @Test("R3 R6 rejected records win over a guard: 65, and the guards are not asked")
    func rejectedFirst() async throws {
        try await RefreshFixture.with { fixture in
            let report = try await fixture.run(Self.header + "1,2024-01-01,6000,1\n1,2024-01-02,abc,1\n")
            #expect(report.failure?.code == .refreshRejected && report.failure?.category == .data)
            #expect(report.addsUp && report.counts == "read 2 = 0 + 1 + 0 + 1 + 0 + 0")
            #expect(!FileManager.default.fileExists(atPath: "\(fixture.folder)/feed.csv.quarantine.csv"))
            let rejected = try String(contentsOfFile: "\(fixture.folder)/feed.csv.rejected.csv", encoding: .utf8)
            #expect(rejected.contains("3,") && rejected.contains("1,2024-01-02,abc,1"))
        }
    }

    @Test("R15 the ten largest moves by their share of the old price, down as well as up")
    func moves() async throws {
        let schema = """
            CREATE TABLE prices (asset_id int, date date, open numeric, close numeric, PRIMARY KEY (asset_id, date));
            INSERT INTO prices SELECT a, '2024-01-01', 100, 100 FROM generate_series(1, 30) AS a;
            """
        try await RefreshFixture.with(schema) { fixture in
            let rows = (1...30).map { "\($0),2024-01-01,\($0 == 7 ? 40 : 100),\($0 % 2 == 0 ? 100 + $0 : 100)\n" }
                .joined()
            let report = try await fixture.run("asset_id,date,open,close\n" + rows)
            #expect(report.moves.count == 10)
            #expect(report.moves.map { $0.key[0] } == ["7", "30", "28", "26", "24", "22", "20", "18", "16", "14"])
            #expect(report.moves[0].column == "open" && report.moves[0].factor == 0.4)
        }
    }
}
