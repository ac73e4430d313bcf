public import Operations

/// How many connections there are, who has them, and how many an ordinary client can still get. Pure.
public struct ConnectionBudget: Encodable, Sendable, Hashable {
    /// A limit of a role's or of a database's own.
    public struct Limit: Encodable, Sendable, Hashable {
        public let name: String
        public let used: Int
        public let limit: Int

        /// Used, in percent. A limit of 0 is full from the beginning.
        public var percent: Double { limit > 0 ? Double(used) * 100 / Double(limit) : 100 }
    }

    public let maxConnections: Int
    /// For superusers and, from version 16 on, for `pg_use_reserved_connections`.
    public let reserved: Int
    /// What the others have between them: `max_connections` less the reserve.
    public let ordinary: Int
    /// Everybody's connections but the observer's own. A superuser's count, too: they are out of the same stock.
    public let used: Int
    /// Of those the ones that have not logged in yet.
    public let hidden: Int
    public let ordinaryFree: Int
    /// Walsenders have a stock of their own (`max_wal_senders`).
    public let walsendersUsed: Int
    public let maxWalSenders: Int
    public let roles: [Limit]
    public let databases: [Limit]

    public init(_ observation: Observation) {
        let server = observation.server
        let clients = observation.sessions.filter(\.holdsSlot)
        maxConnections = server.maxConnections
        reserved = server.superuserReservedConnections + server.reservedConnections
        ordinary = max(0, maxConnections - reserved)
        hidden = observation.hiddenConnections.count
        used = clients.count + hidden
        ordinaryFree = max(0, ordinary - used)
        walsendersUsed = observation.sessions.count { $0.kind == .walsender }
        maxWalSenders = server.maxWalSenders
        roles = observation.roles.map { role in
            Limit(
                name: role.name, used: clients.count { $0.userName == role.name }, limit: role.connectionLimit)
        }
        databases = observation.databases.compactMap { database in
            database.connectionLimit.map { limit in
                Limit(name: database.name, used: clients.count { $0.databaseName == database.name }, limit: limit)
            }
        }
    }

    /// Used, in percent of what ordinary clients have between them.
    public var percent: Double { ordinary > 0 ? Double(used) * 100 / Double(ordinary) : 100 }

    /// The answer for a monitoring system: the tightest of all limits.
    public func verdict(
        warning: Double = 80, critical: Double = 90
    ) -> (verdict: CheckVerdict, text: String) {
        func grade(_ percent: Double) -> CheckVerdict {
            percent >= critical ? .critical : percent >= warning ? .warning : .ok
        }
        let own = grade(percent)
        let limits =
            roles.map { (grade($0.percent), $0.percent, "role \($0.name)", $0) }
            + databases.map { (grade($0.percent), $0.percent, "database \($0.name)", $0) }
        // Somebody has closed the door on purpose.
        let tight = limits.filter { $0.0 > .ok && $0.3.limit > 0 }.sorted { ($1.1, $0.2) < ($0.1, $1.2) }
        let parts = [text] + tight.map { "\($0.2) has \($0.3.used) of its \($0.3.limit)" }
        return (tight.map(\.0).reduce(own, max), parts.joined(separator: "; "))
    }

    /// `17 of 20 connections used, 3 reserved: 0 ordinary slots free`
    public var text: String {
        let notLoggedIn = hidden > 0 ? ", \(hidden) of them not logged in yet" : ""
        return "\(used) of \(maxConnections) connections used\(notLoggedIn), \(reserved) reserved: "
            + "\(ordinaryFree) ordinary slots free"
    }
}

extension ObservedSession {
    /// Whether it is one of `max_connections`. One that the observer may not look at is a client's: the server's own
    /// processes have no user, and walsenders are in a view of their own.
    var holdsSlot: Bool { kind == .client || kind == .unknown && userName != nil }
}
