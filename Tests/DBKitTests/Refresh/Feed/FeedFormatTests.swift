// Nasty files, each with what has to become of it (R4).

import Foundation
import Operations
import TestSupport
import Testing

@testable import Refresh

@Suite("The files of a feed, as vendors write them") struct FeedFormatTests {
    private let header = "asset_id,date,close,volume,note"
    private let good: [[String?]] = [
        ["1", "2026-03-12", "10.5", "100", nil], ["2", "2026-03-12", "7", nil, "a note"],
    ]

    @Test(
        "R4: the same two records in every way of writing them",
        arguments: [
            ("plain", "asset_id,date,close,volume,note\n1,2026-03-12,10.5,100,\n2,2026-03-12,7,,a note\n"),
            ("no last line end", "asset_id,date,close,volume,note\n1,2026-03-12,10.5,100,\n2,2026-03-12,7,,a note"),
            (
                "byte order mark",
                "\u{FEFF}asset_id,date,close,volume,note\n1,2026-03-12,10.5,100,\n2,2026-03-12,7,,a note"
            ),
            ("CRLF", "asset_id,date,close,volume,note\r\n1,2026-03-12,10.5,100,\r\n2,2026-03-12,7,,a note\r\n"),
            ("lone CR", "asset_id,date,close,volume,note\r1,2026-03-12,10.5,100,\r2,2026-03-12,7,,a note\r"),
            ("mixed line ends", "asset_id,date,close,volume,note\r\n1,2026-03-12,10.5,100,\n2,2026-03-12,7,,a note\r"),
            ("semicolons", "asset_id;date;close;volume;note\n1;2026-03-12;10.5;100;\n2;2026-03-12;7;;a note\n"),
            ("tabs", "asset_id\tdate\tclose\tvolume\tnote\n1\t2026-03-12\t10.5\t100\t\n2\t2026-03-12\t7\t\ta note\n"),
            ("bars", "asset_id|date|close|volume|note\n1|2026-03-12|10.5|100|\n2|2026-03-12|7||a note\n"),
            (
                "quotes",
                "\"asset_id\",\"date\",\"close\",\"volume\",\"note\"\n\"1\",\"2026-03-12\",\"10.5\",\"100\",\n"
                    + "2,2026-03-12,\"7\",,\"a note\"\n"
            ),
            ("reordered", "note,volume,close,date,asset_id\n,100,10.5,2026-03-12,1\na note,,7,2026-03-12,2\n"),
            (
                "capitals and spaces",
                "Asset_ID, DATE ,Close,VOLUME,Note\n1, 2026-03-12,10.5 , 100,\n2,2026-03-12,7,,a note\n"
            ),
            (
                "empty lines",
                "\n\nasset_id,date,close,volume,note\n\n1,2026-03-12,10.5,100,\n\n\n2,2026-03-12,7,,a note\n\n"
            ),
            ("plus, zeros", "asset_id,date,close,volume,note\n01,20260312,+10.5,+0100,\n2,2026/03/12,7,,a note\n"),
        ])
    func sameRecords(_ what: String, _ text: String) async throws {
        let outcome = try await FeedScene().read(text)
        #expect(outcome.failure == nil, "\(what)")
        #expect(outcome.values == good, "\(what)")
        #expect(outcome.tally.rejected == 0)
    }

    @Test("R4: line ends and delimiters within quotes belong to the value, and lines are counted by the file's own")
    func quotedLineEnds() async throws {
        let text = "\(header)\n1,2026-03-12,1,1,\"two\nlines, \"\"one\"\" \\ value\ttab\"\n2,2026-03-12,1,1,b\n"
        let outcome = try await FeedScene().read(text)
        #expect(outcome.values.map { $0[4] } == ["two\nlines, \"one\" \\ value\ttab", "b"])
        #expect(outcome.lines == ["2", "4"])
        #expect(outcome.raw[0] == "1,2026-03-12,1,1,\"two\nlines, \"\"one\"\" \\ value\ttab\"")
    }

    @Test("R4: a quoted empty value is an empty text, one without quotes is NULL, and so are the texts that mean it")
    func nulls() async throws {
        var scene = FeedScene()
        scene.definition.nulls = ["", "NULL", "\\N"]
        let outcome = try await scene.read(
            "\(header)\n1,2026-03-12,NULL,\\N,\"\"\n2,2026-03-12,,,\"NULL\"\n3,2026-03-12, , 5 ,NULL\n")
        #expect(
            outcome.values == [
                ["1", "2026-03-12", nil, nil, ""], ["2", "2026-03-12", nil, nil, "NULL"],
                ["3", "2026-03-12", nil, "5", nil],
            ])
        scene.definition.nulls = ["NA"]
        let other = try await scene.read("\(header)\n1,2026-03-12,NA,NA,\n2,2026-03-12,,1,x\n")
        #expect(other.values == [["1", "2026-03-12", nil, nil, ""]])
        #expect(other.reasons == ["3: close: \"\" is an empty text"])
    }

    @Test(
        "R4: what cannot be read as a feed is refused as a whole, with the place and what to do",
        arguments: [
            ("", "refresh.empty", "is empty"),
            ("\n\r\n", "refresh.empty", "has no record"),
            ("\u{FEFF}", "refresh.empty", "is empty"),
            ("asset_id,date,close\n", "refresh.empty", "a header and no record"),
            ("asset_id,date,close\n\n\n", "refresh.empty", "a header and no record"),
            ("1,2026-03-12,10.5,100,x\n2,2026-03-12,7,1,y\n", "refresh.header", "has no header"),
            ("asset_id,date,close\n1,2026-03-12,\"5\n2,2026-03-12,6\n", "refresh.format", "line 2: a quote is opened"),
            ("asset_id,date,close\n1,2026-03-12,\"5\"x\n", "refresh.format", "line 2: something stands between"),
            ("<html><body>404</body></html>", "refresh.header", "has no header"),
            ("[{\"asset_id\": 1}]", "refresh.format", "array of JSON"),
        ])
    func refused(_ text: String, _ code: String, _ words: String) async throws {
        let outcome = try await FeedScene().read(text)
        #expect(outcome.code == code)
        #expect(outcome.failure?.message.contains(words) == true, "\(outcome.failure?.message ?? "")")
    }

    @Test("R4: a record of the wrong width, a cut last line and a bare \\. are rejected with their lines")
    func widths() async throws {
        let text = "\(header)\n1,2026-03-12,1,1\n2,2026-03-12,1,1,a,b\n\\.\n3,2026-03-12,1,1,c\n4,2026-03-12,1"
        let outcome = try await FeedScene().read(text)
        #expect(outcome.values.map { $0[0] } == ["3"], "what comes after \\. is read")
        #expect(
            outcome.reasons == [
                "2: it has 4 columns, and the header has 5", "3: it has 6 columns, and the header has 5",
                "4: a line \\. is the end of data to COPY, and no record",
                "6: the last line is cut off: it has 3 of 5 columns, and no line end",
            ])
    }

    @Test("R4: a bare \\. in a feed of one column is no record either, and a quoted one is a value")
    func endOfDataInOneColumn() async throws {
        var scene = FeedScene()
        scene.definition = FeedDefinition(table: "names", key: ["name"])
        scene.target = [TargetColumn(name: "name", type: .text(maximum: nil), typeName: "text", isNullable: false)]
        let outcome = try await scene.read("name\na\n\\.\n\"\\.\"\nb\n")
        #expect(outcome.values == [["a"], ["\\."], ["b"]])
        #expect(outcome.reasons == ["3: a line \\. is the end of data to COPY, and no record"])
    }

    @Test("R4: Latin-1 in a feed that should be UTF-8 is rejected by record, and read where the feed says so")
    func latin1() async throws {
        let bytes = Array("\(header)\n1,2026-03-12,1,1,caf".utf8) + [0xE9] + Array("\n2,2026-03-12,1,1,ok\n".utf8)
        let outcome = try await FeedScene().read(("feed.csv", bytes))
        #expect(outcome.values.map { $0[0] } == ["2"])
        #expect(outcome.reasons.first?.hasPrefix("2: byte 0xE9 is no UTF-8") == true)
        var scene = FeedScene()
        scene.definition.encoding = .latin1
        #expect(try await scene.read(("feed.csv", bytes)).values.map { $0[4] } == ["café", "ok"])
        scene.definition.encoding = .windows1252
        let euro =
            Array("\(header)\n1,2026-03-12,1,1,".utf8) + [0x80, 0x0A] + Array("2,2026-03-12,1,1,".utf8) + [0x81, 0x0A]
        let windows = try await scene.read(("feed.csv", euro))
        #expect(windows.values.map { $0[4] } == ["€"])
        #expect(windows.reasons == ["3: byte 0x81 is no character of windows-1252"])
    }

    @Test("R4: a header that is no UTF-8 refuses the file")
    func latin1Header() async throws {
        let outcome = try await FeedScene().read(("feed.csv", Array("asset_id,date,caf".utf8) + [0xE9, 0x0A]))
        #expect(outcome.code == "refresh.format")
        #expect(outcome.failure?.message.contains("line 1: byte 0xE9") == true)
    }

    @Test("R4: UTF-16 is refused with the command that helps, with a byte order mark and without")
    func utf16() async throws {
        let text = "\(header)\n1,2026-03-12,1,1,x\n"
        for (encoding, mark) in [(String.Encoding.utf16LittleEndian, [0xFF, 0xFE]), (.utf16BigEndian, [0xFE, 0xFF])] {
            let data = try #require(text.data(using: encoding))
            for bytes in [mark.map { UInt8($0) } + Array(data), Array(data)] {
                let outcome = try await FeedScene().read(("feed.csv", bytes))
                #expect(outcome.code == "refresh.format")
                #expect(outcome.failure?.hint?.contains("iconv -f utf-16 -t utf-8") == true)
            }
        }
    }

    @Test("R4: a NUL byte rejects its record")
    func zeroByte() async throws {
        let outcome = try await FeedScene().read("\(header)\n1,2026-03-12,1,1,a\u{0}b\n2,2026-03-12,1,1,ok\n")
        #expect(outcome.values.map { $0[0] } == ["2"])
        #expect(outcome.reasons == ["2: it has a NUL byte"])
    }

    @Test("R4: a line without an end refuses the file by its number, long before it fills the memory")
    func endlessLine() async throws {
        let text = "\(header)\n1,2026-03-12,1,1,x\n2,2026-03-12,1,1,\(String(repeating: "x", count: 3 << 20))\n"
        let outcome = try await FeedScene().read(text)
        #expect(outcome.code == "refresh.format")
        #expect(outcome.failure?.message.contains("line 3: the record is longer than 1 MiB") == true)
        let json =
            "{\"asset_id\":1,\"date\":\"2026-03-12\"}\n{\"asset_id\":\"\(String(repeating: "x", count: 3 << 20))\"}"
        #expect(try await FeedScene().read(json, as: "feed.ndjson").code == "refresh.format")
    }

    @Test("R4: records that lie across the pieces in which a file is read are whole")
    func pieces() async throws {
        var text = "\(header)\n"
        var expected: [[String?]] = []
        var lines: [String] = []
        for number in 1...9000 {
            let note = String(repeating: "n", count: number % 97)
            text += "\(number),2026-03-12,\(number).25,\(number),\"\(note)\r\n\"\r\n"
            expected.append([String(number), "2026-03-12", "\(number).25", String(number), "\(note)\r\n"])
            lines.append("\(2 * number)")
        }
        #expect(text.utf8.count > 600_000)
        let outcome = try await FeedScene().read(text)
        #expect(outcome.values == expected)
        #expect(outcome.lines == lines)
    }

    @Test("the separator that the feed names is the one, whatever else looks like one")
    func namedDelimiter() async throws {
        var scene = FeedScene()
        scene.definition.delimiter = UInt8(ascii: ";")
        let outcome = try await scene.read("asset_id;date;note\n1;2026-03-12;a,b,c\n")
        #expect(outcome.values == [["1", "2026-03-12", "a,b,c"]])
        scene.definition.delimiter = UInt8(ascii: ",")
        #expect(try await scene.read("asset_id;date;note\n1;2026-03-12;a,b,c\n").code == "refresh.header")
    }

    @Test("where a quote is a character like any other, it is one")
    func noQuote() async throws {
        var scene = FeedScene()
        scene.definition.quote = nil
        let outcome = try await scene.read("asset_id,date,note\n1,2026-03-12,\"a\n2,2026-03-12,12\" pipe\n")
        #expect(outcome.values.map { $0[2] } == ["\"a", "12\" pipe"])
    }

    @Test("the digest is that of the bytes, compressed or not, whatever the pieces; one byte more is another feed")
    func digest() async throws {
        let lines = (1...20_000).map { "\($0),2026-03-12,1,1,note" }
        let text = ([header] + lines).joined(separator: "\n") + "\n"
        let first = try await FeedScene().read(text).tally.digest
        #expect(first.count == 32)
        #expect(try await FeedScene().read(text).tally.digest == first)
        #expect(try await FeedScene().read(text + "\n").tally.digest != first)
        let swapped = text.replacingOccurrences(of: "\n777,", with: "\n778,")
        #expect(try await FeedScene().read(swapped).tally.digest != first)
    }

    @Test("the newest day is the largest of the rows that were taken")
    func newest() async throws {
        let outcome = try await FeedScene().read(
            "\(header)\n1,2026-03-10,1,1,\n1,2026-03-12,1,1,\n1,2026-03-11,1,1,\n1,2026-03-13,-1,1,\n")
        #expect(outcome.tally.newestDate == "2026-03-12")
    }
}
