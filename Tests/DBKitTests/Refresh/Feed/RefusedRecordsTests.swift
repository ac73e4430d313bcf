// Where rejected records go (R3): complete, as they were, with the reason.

import Foundation
import Operations
import TestSupport
import Testing

@testable import Refresh

@Suite("Records that were not taken") struct RefusedRecordsTests {
    private func contents(_ folder: String) throws -> [String: String] {
        var contents: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            contents[name] = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        }
        return contents
    }

    @Test("R3: rejected records stand beside their file, as they were, with line and reason, in the file's own form")
    func besideTheFile() async throws {
        try await withTemporaryFolder { folder in
            let text = "asset_id;date;close;note\r\n1;2026-03-12;x;\"a\r\n;b\"\r\n2;2026-03-12;5;\r\n3;2026-03-12;1\r\n"
            try text.write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
            let outcome = try FeedScene().read(paths: ["\(folder)/a.csv"])
            #expect(outcome.tally.rejected == 2)
            #expect(outcome.tally.rejectedFiles == ["\(folder)/a.csv.rejected.csv"])
            let written = try contents(folder)
            #expect(
                written["a.csv.rejected.csv"]
                    == "line;reason;asset_id;date;close;note\n"
                    + "2;\"close: \"\"x\"\" is no number\";1;2026-03-12;x;\"a\r\n;b\"\n"
                    + "5;it has 3 columns, and the header has 4;3;2026-03-12;1\n")
            #expect(written.count == 2, "no half-written file")
        }
    }

    @Test("a feed without rejected records leaves no file, and so does a plan")
    func none() async throws {
        try await withTemporaryFolder { folder in
            try "asset_id,date\n1,2026-03-12\n".write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
            #expect(try FeedScene().read(paths: ["\(folder)/a.csv"]).tally.rejectedFiles == [])
            try "asset_id,date\nx,2026-03-12\n".write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
            var scene = FeedScene()
            scene.isPlan = true
            let outcome = try scene.read(paths: ["\(folder)/a.csv"])
            #expect(outcome.tally.rejected == 1)
            #expect(try contents(folder).count == 1)
        }
    }

    @Test("lines of JSON are kept whole in a column of their own")
    func json() async throws {
        try await withTemporaryFolder { folder in
            let text = "{\"asset_id\":1,\"date\":\"2026-03-12\"}\n{\"asset_id\":\"x\",\"date\":\"2026-03-12\"}\n"
            try text.write(toFile: "\(folder)/a.ndjson", atomically: true, encoding: .utf8)
            _ = try FeedScene().read(paths: ["\(folder)/a.ndjson"])
            #expect(
                try contents(folder)["a.ndjson.rejected.csv"]
                    == "line,reason,record\n2,\"asset_id: \"\"x\"\" is no number\","
                    + "\"{\"\"asset_id\"\":\"\"x\"\",\"\"date\"\":\"\"2026-03-12\"\"}\"\n"
            )
        }
    }

    @Test("one file for all of them where it is asked for, with the name of the file that each comes from")
    func shared() async throws {
        try await withTemporaryFolder { folder in
            try "asset_id,date\nx,2026-03-12\n".write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
            try "date;asset_id\n2026-03-12;y\n".write(toFile: "\(folder)/b.csv", atomically: true, encoding: .utf8)
            var scene = FeedScene()
            scene.rejectedFile = "\(folder)/bad"
            scene.isPlan = true
            let outcome = try scene.read(paths: ["\(folder)/a.csv", "\(folder)/b.csv"])
            #expect(outcome.tally.rejectedFiles == ["\(folder)/bad"])
            #expect(
                try contents(folder)["bad"]
                    == "file,line,reason,record\n"
                    + "\(folder)/a.csv,2,\"asset_id: \"\"x\"\" is no number\",\"x,2026-03-12\"\n"
                    + "\(folder)/b.csv,2,\"asset_id: \"\"y\"\" is no number\",2026-03-12;y\n")
        }
    }

    @Test("a place that cannot be written fails the run where it was asked for, and is told where it was not")
    func noPlace() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.csv"
            try "asset_id,date\nx,2026-03-12\ny,2026-03-12\n".write(toFile: path, atomically: true, encoding: .utf8)
            var scene = FeedScene()
            scene.rejectedFile = "\(folder)/none/bad"
            #expect(try scene.read(paths: [path]).failure != nil)
            // Root may write everywhere, but not over a folder.
            try FileManager.default.createDirectory(atPath: "\(path).rejected.csv", withIntermediateDirectories: false)
            let outcome = try FeedScene().read(paths: [path])
            #expect(outcome.tally.rejected == 2)
            #expect(outcome.tally.rejectedFiles == [])
            #expect(outcome.tally.unwritten.count == 1)
        }
    }

    @Test("rows that are refused after they were handed out count as rejected, with their own record or as staged")
    func later() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.csv"
            try "note,x,asset_id,date\n\"a,b\",?,1,2026-03-12\n,?,2,2026-03-12\n".write(
                toFile: path, atomically: true, encoding: .utf8)
            var scene = FeedScene()
            scene.definition.columns = ["asset_id", "date", "note"]
            let reader = try FeedReader(
                scene.definition, files: FeedFiles([path]), target: scene.target, now: scene.now, rejectedFile: nil)
            _ = try reader.begin()
            let chunk = try #require(try reader.next())
            try reader.reject(0, of: chunk, "the server says no")
            try reader.reject(
                file: 0, line: 3, values: ["asset_id": "2", "date": "2026-03-12", "note": ""], "no such asset")
            try reader.quarantine(
                file: 0, line: 3, values: ["asset_id": "2", "date": "2026-03-12", "note": nil], "a jump")
            let quarantine = try reader.publishQuarantine()
            let tally = try reader.finish()
            #expect(tally.read == 2)
            #expect(tally.rejected == 2)
            #expect(tally.rejects.map(\.line) == [2, 3])
            let written = try contents(folder)
            #expect(
                written["a.csv.rejected.csv"]
                    == "line,reason,note,x,asset_id,date\n2,the server says no,\"a,b\",?,1,2026-03-12\n"
                    + "3,no such asset,\"\",,2,2026-03-12\n")
            #expect(quarantine.files == ["\(path).quarantine.csv"])
            #expect(written["a.csv.quarantine.csv"] == "line,reason,note,x,asset_id,date\n3,a jump,,,2,2026-03-12\n")
        }
    }

    @Test("a text that would mean NULL stands in quotes, and NULL as the feed writes it")
    func nulls() throws {
        let columns = FeedScene.prices.filter { ["asset_id", "note"].contains($0.name) }.map {
            FedColumn(target: $0, source: FeedSource(header: $0.name), isKey: false, role: .plain)
        }
        var face = FeedFace(
            name: "a.csv", index: 0, format: .csv, dialect: CSVDialect(), header: [],
            map: HeaderMap(columns: columns, fields: [0, 1], width: 2))
        face.nulls = ["NA", "-"]
        #expect(String(decoding: face.record(["asset_id": "1", "note": nil]), as: UTF8.self) == "1,NA")
        #expect(String(decoding: face.record(["asset_id": "1", "note": "-"]), as: UTF8.self) == #"1,"-""#)
    }

    @Test("whoever gives up leaves nothing behind")
    func abandoned() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.csv"
            try "asset_id,date\nx,2026-03-12\n".write(toFile: path, atomically: true, encoding: .utf8)
            let scene = FeedScene()
            let reader = try FeedReader(
                scene.definition, files: FeedFiles([path]), target: scene.target, now: scene.now, rejectedFile: nil)
            _ = try reader.begin()
            while try reader.next() != nil {}
            #expect(try contents(folder).count == 2, "the half-written file")
            reader.abandon()
            #expect(try contents(folder).keys.sorted() == ["a.csv"])
        }
    }

    @Test("only the first twenty are told, and all are counted and kept")
    func many() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.csv"
            let lines = (1...30_000).map { "\($0),bad" }.joined(separator: "\n")
            try "asset_id,date\n\(lines)\n".write(toFile: path, atomically: true, encoding: .utf8)
            let outcome = try FeedScene().read(paths: [path])
            #expect(outcome.tally.rejects.count == 20)
            #expect(outcome.tally.rejected == 30_000)
            let written = try #require(try contents(folder)["a.csv.rejected.csv"])
            #expect(written.split(separator: "\n").count == 30_001)
            #expect(written.hasSuffix("30001,\"date: \"\"bad\"\" is no date: 2026-01-31 is\",30000,bad\n"))
        }
    }
}
