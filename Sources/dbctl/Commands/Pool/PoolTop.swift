import ArgumentParser
import DBKit
import Foundation

/// `dbctl pool top`
struct PoolTopCommand: Verb {
    static let schema = "dbctl.pool.top/1"
    static let formats: Set<OutputFormat> = [.human]
    static let refuses: [SharedOption: String] = [.dryRun: "it changes nothing by itself"]
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "A live screen: states, waits, lock tree, applications, headroom, sessions.",
        discussion: """
            Example: dbctl pool top --record incident.ndjson
                     dbctl pool top --replay incident.ndjson
            One look a second over one connection, with limits on every statement (--statement-timeout, default 5s). A \
            server that goes away is tried again every second, and the last look stays on the screen. Keys: q quits, ? \
            shows the others; K ends the selected session after a y, named by pid and time of birth. Where standard \
            output is no terminal it prints one plain frame a look, 160 columns wide. A record is one JSON document a \
            line, readable by its owner only, because it holds statements; a replay shows the same frames.
            Exit codes: 0 quit, --count looks, or the end of the record; 64 bad command line, 65 a damaged record, 66 no \
            such record, 69 unreachable at the start, 73 the record exists or cannot be written, 74 I/O, 76 the server \
            refused a statement, 77 authentication or permission, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("Also write each look to this new file.", valueName: "file"), completion: .file())
    var record: String?

    @Option(help: ArgumentHelp("Show a record instead of a server.", valueName: "file"), completion: .file())
    var replay: String?

    @Option(
        help: ArgumentHelp("From one look to the next, 100ms at least (default: 1s).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var interval: Duration?

    @Option(help: ArgumentHelp("End after so many looks.", valueName: "n"))
    var count: Int?

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count needs a number of at least 1") }
        if let interval, interval < .milliseconds(100) { throw ValidationError("--interval is 100ms at least") }
        if global.allTargets || global.target.count > 1 {
            throw ValidationError("pool top shows one server: name one with --target")
        }
        guard replay != nil else { return }
        if record != nil { throw ValidationError("--record and --replay exclude each other") }
        let asksServer =
            global.databaseURL != nil || !global.target.isEmpty || global.lockTimeout != nil
            || global.statementTimeout != nil
        if asksServer { throw ValidationError("--replay asks no server: leave the options of a connection out") }
    }

    func run(_ context: Context) async throws -> TopResult {
        let top = Top(context, interval: interval ?? .seconds(1), count: count ?? .max)
        if let replay {
            try await top.replay(RecordReader(path: replay))
        } else {
            try await top.watch(recordingTo: record)
        }
        return TopResult()
    }
}

/// Everything was on the screen already.
struct TopResult: CommandResult {
    func human(_ style: Style) -> String { "" }
}
