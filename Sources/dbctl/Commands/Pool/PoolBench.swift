import ArgumentParser
import DBKit

/// `dbctl pool bench`
struct PoolBenchCommand: Verb {
    static let schema = "dbctl.pool.bench/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Can this server hold so many clients: a load test through a pool.",
        discussion: """
            Example: dbctl pool bench --clients 100 --pool-size 20 --duration 10s
                     dbctl pool bench --clients 100 --dry-run        what it would open, and whether there is room
            Each client asks the pool for a connection, runs the statement, gives it back and asks again at once. Shown \
            are the wait for a connection, throughput, errors by SQLSTATE, and what the pool did.
            It refuses unless a fifth of the ordinary slots stays free with all its connections open; --yes runs it all the \
            same. Its sessions are read only: a --statement that writes fails. On Ctrl-C all of them end.
            Exit codes: 0 no errors, 1 errors, 64 bad command line, 69 unreachable, 75 another one is at it, 76 the server \
            refused a statement, 77 not allowed, 78 configuration (a pooler in between), 80 no room, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("How many clients.", valueName: "n"))
    var clients = 100

    @Option(
        help: ArgumentHelp("For how long (default: 10s).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var duration: Duration?

    @Option(help: ArgumentHelp("Connections of the pool (default: 20, at most one a client).", valueName: "n"))
    var poolSize: Int?

    @Option(help: ArgumentHelp("What each client runs, a transaction by itself.", valueName: "sql"))
    var statement = PoolBench.plainStatement

    func validate() throws {
        guard (1...100_000).contains(clients) else {
            throw ValidationError("--clients needs a number from 1 to 100000")
        }
        if let poolSize, !(1...clients).contains(poolSize) {
            throw ValidationError("--pool-size needs a number from 1 to \(clients): no more connections than --clients")
        }
        if let duration, !(.seconds(1) ... .seconds(86_400)).contains(duration) {
            throw ValidationError("--duration needs 1s to 1d")
        }
        if statement.allSatisfy(\.isWhitespace) { throw ValidationError("--statement is empty") }
    }

    func run(_ context: Context) async throws -> PoolBenchOutcome {
        var bench = PoolBench(
            clients: clients, duration: duration ?? .seconds(10), poolSize: poolSize ?? min(20, clients),
            statement: ServerText(argument: statement))
        bench.ignoresRoom = global.yes
        let parameters = try context.connectionParameters(direct: true)
        let session = try context.sessionSettings()
        guard !global.dryRun else { return .plan(try await bench.plan(parameters, session: session)) }
        return .report(try await bench.run(parameters, session: session, progress: context.progress))
    }
}

/// What `pool bench` found, or with `--dry-run` would open.
enum PoolBenchOutcome: CommandResult {
    case plan(BenchPlan)
    case report(BenchReport)

    var exitStatus: ExitStatus {
        switch self {
        case .plan: .done
        case .report(let report): report.errorsTotal == 0 && report.transactions > 0 ? .done : .negative
        }
    }

    func human(_ style: Style) -> String {
        switch self {
        case .plan(let plan): plan.human(style)
        case .report(let report): report.human(style)
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .plan(let plan): try plan.encode(to: encoder)
        case .report(let report): try report.encode(to: encoder)
        }
    }
}
