import DBKit
import Foundation
import Logging
import Testing

@testable import dbctl

@Suite("What is printed")
struct OutputTests {
    private let plain = Style(color: false, now: Date(timeIntervalSince1970: 1_000_000))
    private let colored = Style(color: true, now: Date(timeIntervalSince1970: 1_000_000))

    @Test("columns line up, numbers to the right, wide characters and colours measured as seen")
    func table() {
        var table = TextTable("NAME", .right("SIZE"))
        table.add("日本", "5")
        table.add("a", "1000")
        #expect(table.rendered(plain) == "NAME  SIZE\n日本     5\na     1000")
        var painted = TextTable("A", "B")
        painted.add(colored.good("ok"), "x")
        #expect(painted.rendered(plain) == "A   B\n\u{1B}[32mok\u{1B}[0m  x")
    }

    @Test("a hostile name cannot move the cursor or break a line")
    func hostileCells() {
        #expect(TextTable.printable("a\u{1B}[2Jb\nc\u{7}") == "a\\u{1b}[2Jb\\u{a}c\\u{7}")
        #expect(TextTable.printable("\u{1B}[31ma\u{1B}[0m\u{9b}") == "\u{1B}[31ma\u{1B}[0m\\u{9b}")
        #expect(TextTable.printable("\u{1B}[123m\u{1B}[m") == "\\u{1b}[123m\\u{1b}[m")
        #expect(TextTable.width("\u{1B}[31ma日\u{1B}[0m") == 3)
        #expect(FailureText.of(Failure(.usage, "x\u{1B}]0;t\u{7}"), prefix: "p", runID: nil).contains("\\u{1b}]0;t"))
    }

    @Test("the envelope has the members of the contract, in its order")
    func envelope() throws {
        let failure = Failure(.usage, "a \"quoted\"\nline", detail: "d", hint: "h", sqlState: "28P01")
        let document = Envelope(failure: failure, runID: "R", target: "t", exit: ExitStatus(.usage)).json
        #expect(
            document == """
                {"schema":"dbctl.error/1","run_id":"R","target":"t","ok":false,"exit":64,"error":{\
                "code":"usage.arguments","category":"usage","sqlstate":"28P01",\
                "message":"a \\"quoted\\"\\nline","detail":"d","hint":"h"}}
                """)
    }

    @Test("several targets: ok is exit 0, exit is the worst")
    func targets() throws {
        let good = Envelope(schema: "s/1", runID: "R", target: "a", exit: .done, data: "{}", failure: nil)
        let bad = Envelope(failure: Failure(.usage, "m"), runID: "R", target: "b", exit: ExitStatus(.usage))
        #expect(Envelope.json(targets: [good, bad]).hasPrefix(#"{"schema":"dbctl.targets/1","ok":false,"exit":64,"#))
        #expect(Envelope.json(targets: [good]).hasPrefix(#"{"schema":"dbctl.targets/1","ok":true,"exit":0,"#))
    }

    @Test("JSON keys are snake_case, times RFC 3339 in UTC")
    func json() throws {
        struct Sample: Encodable {
            let lockTimeoutS = 1.5
            let sizeBytes = Int64(7)
            let startedAt = Date(timeIntervalSince1970: 0)
            let path = "a/b"
        }
        #expect(
            try JSONText.of(Sample())
                == #"{"lock_timeout_s":1.5,"path":"a/b","size_bytes":7,"started_at":"1970-01-01T00:00:00Z"}"#)
    }

    @Test("an event is one line with the run id, whatever it says", arguments: LogFormat.allCases)
    func logLines(_ format: LogFormat) throws {
        let line = LogLines.line(
            format, at: Date(timeIntervalSince1970: 0), level: .warning, message: "two\nlines \"q\"", runID: "R1",
            fields: ["table": "a\nb"])
        #expect(!line.contains("\n"))
        #expect(line.contains("R1"))
        if format == .json {
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            #expect(event?["message"] == "two\nlines \"q\"")
            #expect(event?["run_id"] == "R1")
        }
    }

    @Test("progress says share, rate and ETA")
    func progress() {
        let half = Operations.Progress(phase: "copy", done: 50 << 20, total: 100 << 20, unit: .bytes, note: "t")
        #expect(
            ProgressLine.line(half, elapsed: 10, since: 0, bar: true, label: "")
                == "copy  [############............]  50%  50.0 MiB of 100 MiB  5.00 MiB/s  ETA 10 s  t")
        let unknown = Operations.Progress(phase: "index", done: 5, total: nil, unit: .items)
        #expect(ProgressLine.line(unknown, elapsed: 5, since: 0, bar: false, label: "prod") == "prod index  5  1/s")
    }

    @Test("results keep the order of their inputs, at most so many at a time")
    func boundedGroup() async {
        let results = await BoundedGroup.map(Array(0..<50), limit: 3) { $0 * 2 }
        #expect(results == (0..<50).map { $0 * 2 })
    }
}
