import Foundation
import Postgres

/// What `pg_stat_database` says of one database at one moment, since its statistics began.
struct LoadReading: Sendable, Hashable {
    /// Seconds since 1970, by the server's clock.
    var moment: Double
    var transactions: Int
    /// Seconds that sessions were active or idle in a transaction.
    var busy: Double
    /// Changes when somebody resets the statistics.
    var reset: Double?
}

/// How many transactions arrive, and for how long each keeps a session. Two looks, and the difference between them.
public struct LoadMeasurement: Sendable, Hashable {
    /// Why there is no figure.
    public enum Gap: Sendable, Hashable {
        /// Fewer transactions than say anything: a size made from them would be one for a server that nobody uses.
        case tooFew(Int)
        /// Transactions, but no time: `track_activities` is off.
        case noTimes
        case reset
    }

    public let seconds: Double
    /// Transactions per second; nil where ``gap`` says why.
    public let rate: Double?
    /// Seconds per transaction.
    public let hold: Double?
    public let gap: Gap?

    /// In a shorter look a handful of transactions, our own among them, would be taken for a load.
    static let fewest = 20

    init(from first: LoadReading, to second: LoadReading) {
        let transactions = second.transactions - first.transactions
        let busy = second.busy - first.busy
        let seconds = second.moment - first.moment
        let found: (rate: Double?, hold: Double?, gap: Gap?) =
            if first.reset != second.reset || transactions < 0 || seconds <= 0 {
                (nil, nil, .reset)
            } else if transactions < LoadMeasurement.fewest {
                (nil, nil, .tooFew(transactions))
            } else if busy <= 0 {
                (Double(transactions) / seconds, nil, .noTimes)
            } else {
                (Double(transactions) / seconds, busy / Double(transactions), nil)
            }
        self.seconds = seconds
        (rate, hold, gap) = found
    }
}

extension LoadReading {
    init(in session: Session) throws(PostgresError) {
        let row = try session.row(Query(embedded: PackageResources.load_sql, numbers: []), timeout: .seconds(5))
        moment = try row.value("moment")
        transactions = try row.value("transactions")
        busy = try row.value("busy_s")
        reset = try row.value("reset")
    }
}
