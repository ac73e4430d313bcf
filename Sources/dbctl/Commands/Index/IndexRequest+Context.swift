import DBKit
import Logging

extension IndexRequest {
    /// How a verb of `index` works: on the server itself where the target names it, and never making others wait.
    init(_ context: Context, maximumWait: Duration? = nil) throws {
        let server = try context.server(direct: true)
        self.init(server: server.parameters, run: context.operationRun, applicationName: context.applicationName)
        searchPath = try server.searchPath?.setting
        lockTimeout = try context.lockTimeout()
        guard lockTimeout > .zero else {
            throw Failure(
                .usage, "--lock-timeout 0s would let others queue behind a lock for as long as it likes",
                hint: "give it a limit; the default is 2s")
        }
        statementTimeout = try context.statementTimeout()
        wait = context.options.wait ?? wait
        self.maximumWait = maximumWait ?? self.maximumWait
        clock = context.clock
        progress = context.progress
        let log = context.log
        onEvent = { event in
            log.log(level: event.level, "\(event.line)")
        }
    }
}

extension IndexEvent {
    /// One line of a job's log.
    var line: String {
        switch self {
        case .running(let statement): statement
        case .waiting(let phase, let blockers): "\(phase): waits for \(blockers.joined(separator: "; "))"
        case .cleaned(let what), .note(let what), .left(let what): what
        case .retrying(let reason, let pause): "\(reason); again in \(Style.span(pause / .seconds(1)))"
        }
    }

    var level: Logger.Level {
        switch self {
        case .left: .error
        case .waiting: .warning
        case .running, .cleaned, .note, .retrying: .notice
        }
    }
}
