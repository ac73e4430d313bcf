// Separated values, read as Python's csv module reads them, whatever the pieces are in which they come.

import Foundation
import TestSupport
import Testing

@testable import Refresh

@Suite("Separated values") struct CSVReaderTests {
    private struct Line: Equatable {
        var number: Int
        var fields: [String]
        var isTerminated = true
    }

    /// - Parameter pieces: How many bytes come at a time.
    private func read(
        _ text: String, _ dialect: CSVDialect = CSVDialect(), pieces: Int = .max, longestRecord: Int = 1 << 20
    ) throws -> [Line] {
        var reader = CSVReader(dialect, longestRecord: longestRecord)
        var lines: [Line] = []
        func take(_ record: borrowing FeedRecord) {
            let record = copy record
            lines.append(
                Line(
                    number: record.line, fields: (0..<record.count).map(record.text),
                    isTerminated: record.isTerminated))
        }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(pieces, max(1, bytes.count))) {
            try reader.read(Array(bytes[start..<min(bytes.count, start + min(pieces, bytes.count))]), take)
        }
        try reader.finish(take)
        return lines
    }

    @Test("quotes, doubled quotes, line ends of all kinds, and the line on which each record begins")
    func golden() throws {
        let text = "a,b\r\n\"x,\ny\",\"say \"\"hi\"\"\"\n\n,\r\"\",it\"s"
        #expect(
            try read(text) == [
                Line(number: 1, fields: ["a", "b"]), Line(number: 2, fields: ["x,\ny", "say \"hi\""]),
                Line(number: 4, fields: []), Line(number: 5, fields: ["", ""]),
                Line(number: 6, fields: ["", "it\"s"], isTerminated: false),
            ])
        #expect(try read("").isEmpty)
        #expect(try read("\\.\n1\n").map(\.fields) == [["\\."], ["1"]], "no end of data")
    }

    @Test("an empty text and nothing at all are told apart by their quotes")
    func quoted() throws {
        var reader = CSVReader()
        var marks: [Bool] = []
        try reader.read(Array("\"\",,\"a\"\n".utf8)) { record in
            let record = copy record
            marks = (0..<record.count).map(record.isQuoted)
        }
        #expect(marks == [true, false, true])
    }

    @Test("what cannot be read is told with its line, and no piece is too short for that", arguments: [1, 2, 3, .max])
    func problems(_ pieces: Int) {
        #expect(throws: CSVProblem.textAfterQuote(line: 2)) { try read("a\n\"b\"c\n", pieces: pieces) }
        #expect(throws: CSVProblem.openQuote(line: 3)) { try read("a\nb\nc,\"d\ne\n", pieces: pieces) }
        #expect(throws: CSVProblem.recordTooLong(line: 2, limit: 8)) {
            try read("a\n\(String(repeating: "x", count: 50))\n", pieces: pieces, longestRecord: 8)
        }
    }

    @Test("random text is read as Python reads it, in pieces of every size, with the same line numbers")
    func python() async throws {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("ab,;\"\"\"\n\n\r\r é")
        let texts = (0..<4000).map { _ in
            String(
                (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
        }
        let script = """
            import csv, io, json, sys
            def read(text):
                reader, rows = csv.reader(io.StringIO(text, newline=""), strict=True), []
                try:
                    before = 0
                    for row in reader:
                        rows.append([before + 1, row])
                        before = reader.line_num
                except csv.Error:
                    return None
                return rows
            print(json.dumps([read(text) for text in json.load(sys.stdin)]))
            """
        let input = String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
        let said = try await Program.run("/usr/bin/python3", ["-c", script], input: input)
        try #require(said.exitCode == 0, "\(said.stderr)")
        let expected = try #require(
            try JSONSerialization.jsonObject(with: Data(said.stdout.utf8)) as? [Any])
        var read = 0
        for (text, wanted) in zip(texts, expected) {
            let lines = (wanted as? [[Any]])?.map { Line(number: $0[0] as? Int ?? 0, fields: $0[1] as? [String] ?? []) }
            for pieces in [1, 2, 5, .max] {
                var own = try? self.read(text, pieces: pieces)
                for index in own?.indices ?? 0..<0 { own?[index].isTerminated = true }
                #expect(own == lines, "\(text.debugDescription) in pieces of \(pieces)")
            }
            if lines != nil { read += 1 }
        }
        #expect(read > 1000, "most are readable")
    }

    @Test(
        "the separator is found by the first lines",
        arguments: [
            ("a,b\n1,2\n", ","), ("a;b\n1,5;2,5\n", ";"), ("a\tb\n1\t2\n", "\t"), ("a|b|c\n1|2|3\n", "|"),
            ("\"x;y\",b\n\"1;2\",3\n", ","), ("date;close\n2026-01-01;1,5\n2026-01-02;1,6", ";"),
        ])
    func detection(text: String, separator: String) {
        #expect(CSVDialect.detect(in: Array(text.utf8))?.delimiter == separator.utf8.first)
    }

    @Test(
        "one column has no separator, and lines of different lengths have none either",
        arguments: ["a\nb\n", "a,b\nc\n", ""])
    func noSeparator(_ text: String) {
        #expect(CSVDialect.detect(in: Array(text.utf8)) == nil)
    }
}
