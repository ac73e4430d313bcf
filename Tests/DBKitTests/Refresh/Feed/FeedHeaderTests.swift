// Which field of a file goes into which column of the target, and which headers refuse the file (R4).

import Operations
import Testing

@testable import Refresh

@Suite("The header of a feed") struct FeedHeaderTests {
    private func layout(_ scene: FeedScene, _ header: String, _ record: String) async throws -> FeedScene.Outcome {
        try await scene.read("\(header)\n\(record)\n")
    }

    @Test("columns come in the target's order, with what they stand for")
    func roles() async throws {
        let outcome = try await layout(FeedScene(), "volume,close,date,asset_id", "1,2,2026-03-12,3")
        let columns = try #require(outcome.layout?.columns)
        #expect(columns.map(\.target.name) == ["asset_id", "date", "close", "volume"])
        #expect(columns.map(\.role) == [.plain, .date, .price, .volume])
        #expect(columns.map(\.isKey) == [true, true, false, false])
        #expect(outcome.layout?.format == .csv)
        #expect(outcome.layout?.dialect == CSVDialect())
    }

    @Test("what the feed names as price, volume and date takes the place of the usual names")
    func namedRoles() async throws {
        var scene = FeedScene()
        scene.definition.price = []
        scene.definition.volume = ["close"]
        let outcome = try await layout(scene, "volume,close,date,asset_id", "-1,0,2026-03-12,3")
        #expect(outcome.layout?.columns.map(\.role) == [.plain, .date, .volume, .plain])
        #expect(outcome.values == [["3", "2026-03-12", "0", "-1"]])
    }

    @Test("R4: another header for a column, by the feed's mapping; the column's own name is then no header")
    func mapping() async throws {
        var scene = FeedScene()
        scene.definition.map = ["close": FeedSource(header: "PX_LAST")]
        let outcome = try await layout(scene, "asset_id,date,px_last", "1,2026-03-12,5")
        #expect(outcome.values == [["1", "2026-03-12", "5"]])
        let missing = try await layout(scene, "asset_id,date,close", "1,2026-03-12,5")
        #expect(missing.code == "refresh.header")
        let gone = try await layout(scene, "asset_id,date,volume", "1,2026-03-12,5")
        #expect(gone.failure?.message.contains("has no header \"PX_LAST\"") == true)
        #expect(missing.failure?.message.contains("close is read from \"PX_LAST\"") == true)
    }

    @Test("a column that is looked up is staged as the text that names the row, trimmed")
    func lookup() async throws {
        var scene = FeedScene()
        scene.definition.map = [
            "asset_id": FeedSource(header: "symbol", lookup: FeedLookup(table: "assets", column: "symbol"))
        ]
        let outcome = try await layout(scene, "symbol,date,close", " AAPL ,2026-03-12,5")
        #expect(outcome.values == [["AAPL", "2026-03-12", "5"]])
        #expect(outcome.layout?.columns[0].source.lookup?.table == "assets")
        #expect(try await layout(scene, "symbol,date,close", ",2026-03-12,5").tally.rejected == 1)
    }

    @Test(
        "R4: a header that is no column refuses the file and names the nearest one",
        arguments: [("asset_id,date,clsoe", "close"), ("asset_id,date,Volumes", "volume")])
    func unknown(_ header: String, _ nearest: String) async throws {
        let outcome = try await layout(FeedScene(), header, "1,2026-03-12,5")
        #expect(outcome.code == "refresh.header")
        #expect(outcome.failure?.message.contains("the nearest is \(nearest)") == true)
        #expect(outcome.failure?.hint?.contains("--map") == true)
    }

    @Test("R4: with the columns named, other headers are left out, and each of them has to be there")
    func chosenColumns() async throws {
        var scene = FeedScene()
        scene.definition.columns = ["asset_id", "date", "close"]
        let outcome = try await layout(scene, "x,asset_id,volume,date,,close,x", "?,1,bad,2026-03-12,,5,?")
        #expect(outcome.values == [["1", "2026-03-12", "5"]])
        let missing = try await layout(scene, "asset_id,date,volume", "1,2026-03-12,5")
        #expect(missing.code == "refresh.header")
        #expect(missing.failure?.message.contains("\"close\"") == true)
    }

    @Test(
        "R4: two headers of one column, a header without a name, and a missing key refuse the file",
        arguments: [
            ("asset_id,date,close,close", "again in column 4"), ("asset_id,date,close,CLOSE", "again in column 4"),
            ("asset_id,date,Close,CLOSE", "again in column 4"), ("asset_id,date,close,", "no header in column 4"),
            ("asset_id,close,volume,note", "the key's column date"),
        ])
    func refused(_ header: String, _ words: String) async throws {
        let outcome = try await layout(FeedScene(), header, "1,2026-03-12,5,6")
        #expect(outcome.code == "refresh.header")
        #expect(outcome.failure?.message.contains(words) == true, "\(outcome.failure?.message ?? "")")
    }

    @Test("R4: a column that that the server computes cannot be fed")
    func generated() async throws {
        var scene = FeedScene()
        scene.target.append(
            TargetColumn(name: "range", type: .double, typeName: "double precision", isGenerated: true))
        let outcome = try await layout(scene, "asset_id,date,range", "1,2026-03-12,5")
        #expect(outcome.code == "refresh.header")
        #expect(outcome.failure?.message.contains("whose values the server itself gives") == true)
        scene.definition.columns = ["asset_id", "date", "range"]
        #expect(try await layout(scene, "asset_id,date,range", "1,2026-03-12,5").code == "refresh.column")
    }

    @Test("a definition that names a column which the target does not have is a mistake of the configuration")
    func foreignColumn() async throws {
        var scene = FeedScene()
        scene.definition.key = ["asset_id", "dat"]
        let outcome = try await layout(scene, "asset_id,date", "1,2026-03-12")
        #expect(outcome.code == "refresh.column")
        #expect(outcome.failure?.message.contains("the nearest is date") == true)
    }

    @Test("R4: a file without a header says so, and is read once the columns are named in its order")
    func headerless() async throws {
        var scene = FeedScene()
        let refused = try await scene.read("1,2026-03-12,5\n2,2026-03-12,6\n")
        #expect(refused.code == "refresh.header")
        #expect(refused.failure?.hint?.contains("--no-header") == true)
        scene.definition.hasHeader = false
        let short = try await scene.read("1,2026-03-12,5\n")
        #expect(short.failure?.message.contains("has 3 columns, and 5 are expected") == true)
        scene.definition.columns = ["close", "asset_id", "date"]
        let outcome = try await scene.read("5;1;2026-03-12\n6;2;2026-03-12\n")
        #expect(outcome.values == [["1", "2026-03-12", "5"], ["2", "2026-03-12", "6"]])
        #expect(outcome.lines == ["1", "2"])
    }

    @Test("all files of a run bring the same columns, in whatever order")
    func severalFiles() async throws {
        let first = (name: "a.csv", bytes: Array("asset_id,date,close\n1,2026-03-12,5\n".utf8))
        let second = (name: "b.csv", bytes: Array("close;date;asset_id\n6;2026-03-12;2\nx;2026-03-12;3\n".utf8))
        let outcome = try await FeedScene().read(first, second)
        #expect(outcome.rows == [["0", "2", "1", "2026-03-12", "5"], ["1", "2", "2", "2026-03-12", "6"]])
        #expect(outcome.tally.rejects.map(\.line) == [3])
        #expect(outcome.tally.rejects.first?.file.hasSuffix("/b.csv") == true)
        let odd = (name: "c.csv", bytes: Array("asset_id,date,volume\n1,2026-03-12,5\n".utf8))
        let refused = try await FeedScene().read(first, odd)
        #expect(refused.code == "refresh.header")
        #expect(refused.failure?.message.contains("close, volume") == true)
    }

    @Test("records that an earlier run refused are not taken for a feed")
    func leftovers() async throws {
        let outcome = try await FeedScene().read(
            ("feed.csv.rejected.csv", Array("line,reason,asset_id,date\n2,bad,1,2026-03-12\n".utf8)))
        #expect(outcome.code == "refresh.header")
        #expect(outcome.failure?.message.contains("an earlier run refused") == true)
    }
}
