// Objects of JSON, one a line: the same checks, and what only JSON can get wrong (R3, R4).

import Foundation
import Operations
import TestSupport
import Testing

@testable import Refresh

@Suite("A feed of JSON lines") struct NDJSONTests {
    private func read(_ lines: String..., scene: FeedScene = FeedScene()) async throws -> FeedScene.Outcome {
        try await scene.read(lines.joined(separator: "\n") + "\n", as: "feed.ndjson")
    }

    private let first = #"{"asset_id":1,"date":"2026-03-12","close":10.5,"volume":100,"note":"a"}"#

    @Test("members in any order, numbers as numbers or as texts, null, booleans as they are")
    func members() async throws {
        let outcome = try await read(
            first, #" { "note" : null , "close" : "7" , "date" : "12 Mar 2026" , "asset_id" : 2 , "volume" : null } "#,
            "", #"{"asset_id":3,"date":"2026-03-12","close":1e1,"volume":5.0,"note":""}"#)
        #expect(
            outcome.values == [
                ["1", "2026-03-12", "10.5", "100", "a"], ["2", "2026-03-12", "7", nil, nil],
                ["3", "2026-03-12", "1e1", "5", ""],
            ])
        #expect(outcome.lines == ["1", "2", "4"])
        #expect(outcome.layout?.format == .ndjson)
        #expect(outcome.layout?.dialect == nil)
        #expect(outcome.raw[0] == first)
    }

    @Test("found out by the name, else by the first byte, unless the feed says what it is")
    func detection() async throws {
        #expect(try await FeedScene().read(first + "\n", as: "feed.jsonl").values.count == 1)
        #expect(try await FeedScene().read(first, as: "feed.dat").values.count == 1)
        var scene = FeedScene()
        scene.definition.format = .ndjson
        #expect(try await scene.read("\u{FEFF}\(first)\r\n", as: "feed.csv").values.count == 1)
    }

    @Test("escapes of JSON become the characters that they stand for")
    func escapes() async throws {
        let text = #"{"asset_id":1,"date":"2026-03-12","n\u006fte":"\u00e9 \ud83d\ude00 \"\\\/\b\f\n\r\t \u20ac"}"#
        let outcome = try await read(text)
        #expect(outcome.values.map { $0[2] } == ["é 😀 \"\\/\u{8}\u{C}\n\r\t €"])
    }

    @Test("a nested value goes as JSON into a text, and into no number")
    func nested() async throws {
        let outcome = try await read(
            #"{"asset_id":1,"date":"2026-03-12","close":1,"note":{"a":[1,"]",{"b":null}]}}"#,
            #"{"asset_id":2,"date":"2026-03-12","close":[1],"note":true}"#,
            #"{"asset_id":3,"date":"2026-03-12","close":2,"note":true}"#)
        #expect(outcome.values.map { $0[3] } == [#"{"a":[1,"]",{"b":null}]}"#, "true"])
        #expect(outcome.reasons == ["2: close: \"[1]\" is an object or an array"])
    }

    @Test(
        "R3: a line that is no object, or one that cannot be stored, is rejected with what is wrong",
        arguments: [
            (#"{"asset_id":1,"date":"2026-03-12","close":NaN}"#, "has NaN, which is no value of JSON"),
            (#"{"asset_id":1,"date":"2026-03-12","close":-Infinity}"#, "has -Infinity"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,"note":"a\u0000b"}"#, "has \\u0000"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,"note":"\ud83d"}"#, "lone surrogate"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,"note":"\ud83dabcdef"}"#, "lone surrogate"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,"note":"\ude00"}"#, "lone surrogate"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,"note":"\x"}"#, "an escape that JSON does not know"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,"close":2,"note":"a"}"#, "has \"close\" twice"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,"note":"a"#, "ends within a text"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1"#, "is cut off"),
            (#"{"asset_id":1,"date":"2026-03-12","close":}"#, "a value is missing"),
            (#"{"asset_id":1,"date":"2026-03-12","close":1,}"#, "is broken JSON"),
            (#"{"asset_id":1 "date":"2026-03-12"}"#, "is broken JSON"),
            (#"{"asset_id":01,"date":"2026-03-12"}"#, "is broken JSON"),
            (#"{"asset_id":+1,"date":"2026-03-12"}"#, "is broken JSON"),
            (#"{"asset_id":1.,"date":"2026-03-12"}"#, "is broken JSON"),
            (#"{'asset_id':1}"#, "is broken JSON"), (#"{"note":[1 2]}"#, "is broken JSON"),
            (#"{"asset_id":1} {"asset_id":2}"#, "something behind"), ("[1,2]", "is no object"), ("5", "is no object"),
            (#"{"asset_id":1,"date":"2026-03-12","note":"a"}"#, "close is not there: say null"),
            (
                #"{"asset_id":1,"date":"2026-03-12","close":null,"note":"x","volume":1}"#,
                "has \"volume\", which the first record does not have"
            ),
            (#"{"asset_id":1,"date":"2026-03-12","close":true,"note":null}"#, "close: \"true\" is no number"),
            (#"{"asset_id":1,"date":20260312.5,"close":1,"note":null}"#, "is no date"),
            (#"{"asset_id":"","date":"2026-03-12","close":1,"note":null}"#, "asset_id: \"\" is an empty text"),
            (#"{"asset_id":null,"date":"2026-03-12","close":1,"note":null}"#, "asset_id is empty"),
        ])
    func refused(_ line: String, _ words: String) async throws {
        let outcome = try await read(
            #"{"asset_id":8,"date":"2026-03-12","close":1,"note":"a"}"#, line,
            #"{"asset_id":9,"date":"2026-03-12","close":1,"note":"z"}"#)
        #expect(outcome.values.map { $0[0] } == ["8", "9"])
        #expect(outcome.reasons.count == 1)
        #expect(outcome.reasons.first?.contains(words) == true, "\(outcome.reasons)")
    }

    @Test("R4: a member that is no column refuses the feed where it is first seen, unless the columns are named")
    func unknown() async throws {
        let odd = #"{"asset_id":2,"date":"2026-03-12","close":1,"volume":1,"note":"a","clse":5}"#
        let outcome = try await read(first, odd)
        #expect(outcome.code == "refresh.header")
        #expect(outcome.failure?.message.contains("\"clse\" (line 2)") == true)
        #expect(outcome.failure?.message.contains("the nearest is close") == true)
        var scene = FeedScene()
        scene.definition.columns = ["asset_id", "date", "close"]
        let chosen = try await read(first, odd, #"{"asset_id":3,"date":"2026-03-12","close":4}"#, scene: scene)
        #expect(chosen.values.map { $0[2] } == ["10.5", "1", "4"])
    }

    @Test("a mapped member fills its column")
    func mapping() async throws {
        var scene = FeedScene()
        scene.definition.map = ["close": FeedSource(header: "px")]
        let outcome = try await read(#"{"asset_id":1,"date":"2026-03-12","px":5}"#, scene: scene)
        #expect(outcome.values == [["1", "2026-03-12", "5"]])
    }

    @Test("R4: a file without a single object says how to make one")
    func noObject() async throws {
        let outcome = try await read("{", "  \"asset_id\": 1,", "}")
        #expect(outcome.code == "refresh.format")
        #expect(outcome.failure?.hint?.contains("jq -c .") == true)
        #expect(try await read("", " ").code == "refresh.empty")
        #expect(try await read("[", "{\"asset_id\": 1}]").failure?.hint?.contains("jq -c '.[]'") == true)
    }

    @Test("R4: NUL bytes and bytes that are no UTF-8 reject their line")
    func bytes() async throws {
        let good = Array("\(first)\n".utf8)
        let zero =
            Array(#"{"asset_id":2,"date":"2026-03-12","close":1,"volume":1,"note":""#.utf8) + [0] + Array("\"}\n".utf8)
        let latin =
            Array(#"{"asset_id":2,"date":"2026-03-12","close":1,"volume":1,"note":""#.utf8) + [0xE9]
            + Array("\"}\n".utf8)
        let outcome = try await FeedScene().read(("feed.ndjson", good + zero + latin + good))
        #expect(outcome.lines == ["1", "4"])
        #expect(outcome.reasons.count == 2)
        #expect(outcome.reasons.first == "2: it has a NUL byte")
        #expect(outcome.reasons.last?.hasPrefix("3: byte 0xE9 is no UTF-8") == true)
    }

    @Test("lines in pieces of every size are read the same", arguments: [1, 2, 3, 7, 64, .max])
    func pieces(_ size: Int) throws {
        let text = Array(#"{"a":1,"b":"x\"}"}\#n\#r\#n{"b":null,"a":"\u00e9"}\#r\#n{"a":[{}],"b":-0.5}"#.utf8)
        var reader = NDJSONReader(members: ["a", "b"])
        var seen: [String] = []
        func take(_ record: borrowing FeedRecord) {
            let record = copy record
            seen.append("\(record.line) \(record.text(0)) \(record.text(1)) \(record.problem ?? "")")
        }
        for start in stride(from: 0, to: text.count, by: min(size, text.count)) {
            try reader.read(Array(text[start..<min(text.count, start + min(size, text.count))]), take)
        }
        try reader.finish(take)
        #expect(seen == ["1 1 x\"} ", "3 é null ", "4 [{}] -0.5 "])
    }
}
