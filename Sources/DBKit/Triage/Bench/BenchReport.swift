import Operations
import Postgres

/// What a load test would open.
public struct BenchPlan: Encodable, Sendable {
    public let dryRun = true
    public let clients: Int
    public let poolSize: Int
    public let durationS: Double
    public let statement: String
    public let server: BenchRoom
}

/// What a load test came to. Durations in seconds; quantiles are at most ``precision`` above the true ones.
public struct BenchReport: Encodable, Sendable {
    public let clients: Int
    public let poolSize: Int
    public let statement: String
    /// From the first request to the last answer.
    public let durationS: Double
    public let transactions: Int
    public let throughputTps: Double
    /// From asking the pool to having a connection; of those who were still waiting at the end, as long as that was.
    public let acquire: Quantiles
    /// From having a connection to the end of the statement.
    public let statementTime: Quantiles
    public let precision: Double
    public let errors: [BenchError]
    public let errorsTotal: Int
    public let stillWaiting: Int
    public let stillRunning: Int
    public let pool: Pool
    /// As the server counted them, four times a second; nil when it could not be asked.
    public let peakServerConnections: Int?
    public let server: BenchRoom
    /// How many clients of this kind would wait a second: an extrapolation, see ``notes``; nil where it would be a guess.
    public let clientsAtOneSecond: Int?
    public let notes: [String]

    /// In seconds; nil where there were none.
    public struct Quantiles: Encodable, Sendable {
        public let p50S: Double?
        public let p90S: Double?
        public let p99S: Double?
        public let maxS: Double?

        init(_ histogram: LatencyHistogram) {
            func seconds(_ share: Double) -> Double? { histogram.quantile(share).map { Double($0) / 1e9 } }
            (p50S, p90S, p99S, maxS) = (seconds(0.5), seconds(0.9), seconds(0.99), seconds(1))
        }
    }

    public struct Pool: Encodable, Sendable {
        public let opened: Int
        public let waits: Int
        public let peakWaiting: Int
        public let timeouts: Int
        public let failedConnects: Int
        public let pings: Int
        public let evicted: [String: Int]
    }

    /// Below it a quantile is the word of a few.
    private static let fewest = 1000

    init(
        _ bench: PoolBench, seconds: Double, tally: BenchTally, metrics: PoolMetrics, peak: Int?, room: BenchRoom
    ) {
        clients = bench.clients
        poolSize = bench.poolSize
        statement = bench.statement.sql
        durationS = seconds
        transactions = tally.transactions
        throughputTps = seconds > 0 ? Double(tally.transactions) / seconds : 0
        acquire = Quantiles(tally.acquire)
        statementTime = Quantiles(tally.statement)
        precision = LatencyHistogram.precision
        errors = tally.failures.sorted { ($1.count, $0.code) < ($0.count, $1.code) }
        errorsTotal = tally.failed
        stillWaiting = tally.stillWaiting
        stillRunning = tally.stillRunning
        pool = Pool(
            opened: metrics.opened, waits: metrics.waits, peakWaiting: metrics.peakWaiting, timeouts: metrics.timeouts,
            failedConnects: metrics.failedConnects, pings: metrics.pings,
            evicted: Dictionary(uniqueKeysWithValues: metrics.evictions.map { ($0.key.rawValue, $0.value) }))
        peakServerConnections = peak
        server = room
        clientsAtOneSecond =
            tally.failed > 0
            ? nil : BenchReport.clientsAtOneSecond(tally, clients: bench.clients, poolSize: bench.poolSize)
        notes = BenchReport.notes(room, tally)
    }

    /// Clients that ask again at once take turns, so that each waits the longer the more of them have no connection; the
    /// slowest percent grows with all others. Extended in a straight line from what was measured.
    static func clientsAtOneSecond(_ tally: BenchTally, clients: Int, poolSize: Int) -> Int? {
        guard clients > poolSize, tally.transactions >= fewest, tally.stillWaiting == 0,
            let tail = tally.acquire.quantile(0.99), tail > 0
        else { return nil }
        return poolSize + Int(min(Double(clients - poolSize) * 1e9 / Double(tail), 1e9))
    }

    private static func notes(_ room: BenchRoom, _ tally: BenchTally) -> [String] {
        var notes = [
            "of \(room.ordinary) ordinary slots \(room.usedByOthers) belong to others: a pool of \(room.largestPool) leaves "
                + "\(BenchRoom.keptFree) % free. More clients share it; only a pool costs slots"
        ]
        if tally.stillWaiting > 0 {
            notes.append(
                "\(tally.stillWaiting) clients still waited at the end; their waits are counted as far as they had come, so that "
                    + "the real ones are longer")
        }
        notes.append(
            "these clients ask again at once, from this machine, which they share the network and processor of: real ones "
                + "pause, so that a server holds more of them, and do more than this statement")
        return notes
    }
}
