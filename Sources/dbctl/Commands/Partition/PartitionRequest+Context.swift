import DBKit
import Logging

extension PartitionRequest {
    /// How a verb of `partition` works: on the server itself where the target names it, and never making others wait.
    init(_ context: Context) throws {
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
        clock = context.clock
        progress = context.progress
        let log = context.log
        onEvent = { event in
            if event.isWarning { log.warning("\(event.line)") } else { log.notice("\(event.line)") }
        }
    }
}

extension PartitionEvent {
    /// One line of a job's log.
    var line: String {
        switch self {
        case .running(let statement): statement
        case .cleaned(let what), .note(let what): what
        case .retrying(let reason, let pause): "\(reason); again in \(Style.span(pause / .seconds(1)))"
        }
    }

    var isWarning: Bool {
        if case .cleaned = self { true } else { false }
    }
}

extension Context {
    /// The declared sets.
    ///
    /// - Throws: `config.missing` with what to write, when there are none.
    func declaredPartitions() throws(Failure) -> [PartitionDeclaration] {
        let declared = try configuration.partitions()
        guard declared.isEmpty else { return declared }
        throw Failure(
            .configurationMissing, "no partitioned tables are declared", detail: configuration.placeForEyes,
            hint: "add them to dbctl.yaml, as in\n\(PartitionDeclaration.example)")
    }
}
