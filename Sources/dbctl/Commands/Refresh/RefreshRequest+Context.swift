import DBKit
import Logging

extension RefreshRequest {
    /// How a verb of `refresh` works: on the server itself where the target names it, and never waiting without a limit.
    init(_ context: Context) throws {
        let server = try context.server(direct: true)
        self.init(
            server: server.parameters, run: context.operationRun, applicationName: context.applicationName)
        searchPath = try server.searchPath?.setting
        lockTimeout = try context.lockTimeout()
        guard lockTimeout > .zero else {
            throw Failure(
                .usage, "--lock-timeout 0s would let a refresh make everybody wait for as long as it likes",
                hint: "give it a limit; the default is 2s")
        }
        statementTimeout = try context.statementTimeout()
        wait = context.options.wait ?? wait
        clock = context.clock
        progress = context.progress
        let log = context.log
        onEvent = { event in
            // Of interest only to who asks why a run took its time.
            if case .leftOut = event { log.info("\(event.line)") } else { log.notice("\(event.line)") }
        }
    }
}

extension RefreshEvent {
    /// One line of a job's log.
    var line: String {
        switch self {
        case .retrying(let reason, let attempt, let pause):
            "\(reason); try \(attempt + 1) in \(Style.span(pause / .seconds(1)))"
        case .applied(let batch, let inserted, let updated):
            "batch \(batch): \(inserted) inserted, \(updated) updated"
        case .leftOut(let rows, let reason):
            "\(rows) rows stand in the table already and were not sent"
                + (reason.map { "; the others were not compared beforehand: \($0)" } ?? "")
        case .cleaned(let what): what
        case .resuming(let runID, let batch): "going on with run \(runID) at batch \(batch)"
        }
    }
}
