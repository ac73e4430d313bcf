import ArgumentParser
import DBKit

/// `dbctl pool size`
struct PoolSizeCommand: Verb {
    static let schema = "dbctl.pool.size/1"
    static let printsWhenQuiet = true
    static let refuses: [SharedOption: String] = [.dryRun: "it changes nothing"]
    static let configuration = CommandConfiguration(
        commandName: "size",
        abstract: "How large the connection pools of an application should be, and from which inputs.",
        discussion: """
            Example: dbctl pool size --instances 4 --workers 8 --app shop --rate 310 --hold 12ms
            The size of each instance's pool is the smallest of: cores × 2 + spindles, shared by the instances; arrival \
            rate × hold time × 1.25, shared as well; and (ordinary slots × 0.8 − others) / (instances × surge). What is not \
            given is measured at the server (two looks, --sample apart), is its configuration, or is assumed; what stays \
            unknown is left out. Each input is shown with its source. --workers and --connections-per-worker give the \
            deadlock floor, workers × (connections − 1) + 1, below which workers can wait for each other for ever.
            Every role may ask; the connections of others than --app (without it: than the login's role) are counted \
            as they are now.
            Exit codes: 0 a size was found, 1 none that fits: there is no room, or the deadlock floor is higher than what \
            the slots allow; 64 bad command line, 69 unreachable, 76 the server refused a statement, 77 not allowed, 78 configuration, 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("Processes with a pool of their own (default: 1).", valueName: "n"))
    var instances: Int?

    @Option(help: ArgumentHelp("Threads or tasks of an instance that share its pool.", valueName: "n"))
    var workers: Int?

    @Option(help: ArgumentHelp("How many times the instances there are in a deploy (default: 1.5).", valueName: "x"))
    var surge: Double?

    @Option(help: ArgumentHelp("Connections that a worker holds at the same time (default: 1).", valueName: "n"))
    var connectionsPerWorker: Int?

    @Option(help: ArgumentHelp("Cores of the server, without hyperthreads (default: this machine's).", valueName: "n"))
    var cores: Int?

    @Option(help: ArgumentHelp("Disks of the server; 0 when all data is in memory (default: 1).", valueName: "n"))
    var spindles: Int?

    @Option(help: ArgumentHelp("Transactions a second of all instances (default: measured).", valueName: "n"))
    var rate: Double?

    @Option(
        help: ArgumentHelp("For how long one keeps its connection (default: measured).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var hold: Duration?

    @Option(
        help: ArgumentHelp("application_name of what gets the pools (default: the login's role).", valueName: "name"))
    var app: String?

    @Option(
        help: ArgumentHelp("How long the load is looked at; 0s does not look (default: 2s).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var sample: Duration?

    func validate() throws {
        let counts = [
            ("--instances", instances, 1), ("--workers", workers, 1), ("--cores", cores, 1),
            ("--spindles", spindles, 0),
            ("--connections-per-worker", connectionsPerWorker, 1),
        ]
        for (option, value, least) in counts {
            if let value, !(least...1_000_000).contains(value) {
                throw ValidationError("\(option) needs a number from \(least) to 1000000")
            }
        }
        if let surge, !(1...100).contains(surge) { throw ValidationError("--surge needs a number from 1 to 100") }
        if let rate, !(rate > 0 && rate <= 1e9) { throw ValidationError("--rate needs a number above 0") }
        if let hold, hold <= .zero { throw ValidationError("--hold needs a duration above 0s") }
        if let sample, sample > .seconds(3600) { throw ValidationError("--sample needs a duration up to 1h") }
        if let connectionsPerWorker, connectionsPerWorker > 1, workers == nil {
            throw ValidationError("--connections-per-worker needs --workers: the deadlock floor is made of both")
        }
    }

    func run(_ context: Context) async throws -> PoolSizeReport {
        var request = PoolSizeRequest()
        request.instances = instances
        request.workers = workers
        request.surge = surge
        request.connectionsPerWorker = connectionsPerWorker
        request.cores = cores
        request.spindles = spindles
        request.rate = rate
        request.hold = hold
        request.application = app
        if let sample { request.sample = sample }
        // Asked most of all when no slot is left: it gets in as the doctor does.
        let entry = try await context.entrance(asksConsole: false).open()
        return try await entry.connection.closing { try await request.report(over: $0) }
    }
}
