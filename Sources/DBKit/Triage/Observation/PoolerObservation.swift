/// What pgbouncer says about itself: of SHOW POOLS, DATABASES, CLIENTS, SERVERS and STATS the columns that a verdict
/// needs, in all versions from 1.18 on.
public struct PoolerObservation: Codable, Sendable, Hashable {
    /// Connections of one user to one database.
    public struct Pool: Codable, Sendable, Hashable {
        public var database: String
        public var user: String
        public var clientsActive: Int
        public var clientsWaiting: Int
        public var serversActive: Int
        public var serversIdle: Int
        /// Idle for so long that they are checked before they are used.
        public var serversUsed: Int
        public var serversTested: Int
        /// On their way in. When one stays here, the server does not let the pooler in.
        public var serversLogin: Int
        /// Of the client that waits the longest.
        public var longestWaitS: Double
        public var mode: String?

        public var servers: Int { serversActive + serversIdle + serversUsed + serversTested + serversLogin }
    }

    public struct Database: Codable, Sendable, Hashable {
        public var name: String
        /// As the server calls it.
        public var serverDatabase: String?
        public var poolSize: Int
        public var reservePool: Int
        /// 0 is no limit.
        public var maxConnections: Int
        public var currentConnections: Int
        public var isPaused: Bool
        public var isDisabled: Bool
    }

    public struct Statistics: Codable, Sendable, Hashable {
        public var database: String
        public var transactionsPerS: Double
        public var averageTransactionS: Double
        public var averageWaitS: Double
    }

    public var pools: [Pool]
    public var databases: [Database]
    /// By state of SHOW CLIENTS and SHOW SERVERS.
    public var clients: [StateCount]
    public var servers: [StateCount]
    public var statistics: [Statistics]
    /// Of SHOW CONFIG; nil where it was not seen.
    public var settings: Settings?

    /// What the pooler gives to whom nothing else is said about.
    public struct Settings: Codable, Sendable, Hashable {
        public var defaultPoolSize: Int?
        public var maxClientConn: Int?

        public init(defaultPoolSize: Int?, maxClientConn: Int?) {
            self.defaultPoolSize = defaultPoolSize
            self.maxClientConn = maxClientConn
        }
    }

    public struct StateCount: Codable, Sendable, Hashable {
        public var state: String
        public var count: Int
    }

    public init(
        pools: [Pool] = [], databases: [Database] = [], clients: [StateCount] = [], servers: [StateCount] = [],
        statistics: [Statistics] = []
    ) {
        self.pools = pools
        self.databases = databases
        self.clients = clients
        self.servers = servers
        self.statistics = statistics
    }

    /// The console's own database is left out.
    public init(
        pools: PoolerTable, databases: PoolerTable? = nil, clients: PoolerTable? = nil, servers: PoolerTable? = nil,
        stats: PoolerTable? = nil, config: PoolerTable? = nil
    ) {
        self.init(
            pools: PoolerObservation.named(pools, "database").map(Pool.init(row:)),
            databases: PoolerObservation.named(databases, "name").map(Database.init(row:)),
            clients: StateCount.all(PoolerObservation.named(clients, "database")),
            servers: StateCount.all(PoolerObservation.named(servers, "database")),
            statistics: PoolerObservation.named(stats, "database").map(Statistics.init(row:)))
        settings = config.map { Settings(config: $0.named) }
    }

    private static func named(_ table: PoolerTable?, _ database: String) -> [[String: String]] {
        (table?.named ?? []).filter { $0[database] != "pgbouncer" }
    }
}

extension PoolerObservation.Pool {
    public init(
        database: String, user: String, clientsWaiting: Int = 0, serversActive: Int = 0, serversIdle: Int = 0,
        serversLogin: Int = 0, longestWaitS: Double = 0
    ) {
        self.init(row: ["database": database, "user": user])
        self.clientsWaiting = clientsWaiting
        self.serversActive = serversActive
        self.serversIdle = serversIdle
        self.serversLogin = serversLogin
        self.longestWaitS = longestWaitS
    }

    init(row: [String: String]) {
        database = row["database"] ?? ""
        user = row["user"] ?? ""
        clientsActive = row.count("cl_active")
        clientsWaiting = row.count("cl_waiting")
        serversActive = row.count("sv_active") + row.count("sv_active_cancel") + row.count("sv_being_canceled")
        serversIdle = row.count("sv_idle")
        serversUsed = row.count("sv_used")
        serversTested = row.count("sv_tested")
        serversLogin = row.count("sv_login")
        longestWaitS = Double(row.count("maxwait")) + Double(row.count("maxwait_us")) / 1_000_000
        mode = row["pool_mode"]
    }
}

extension PoolerObservation.Database {
    init(row: [String: String]) {
        name = row["name"] ?? ""
        serverDatabase = row["database"]
        poolSize = row.count("pool_size")
        // Renamed in 1.24.
        reservePool = row["reserve_pool_size"] == nil ? row.count("reserve_pool") : row.count("reserve_pool_size")
        maxConnections = row.count("max_connections")
        currentConnections = row.count("current_connections")
        isPaused = row.count("paused") != 0
        isDisabled = row.count("disabled") != 0
    }
}

extension PoolerObservation.Statistics {
    init(row: [String: String]) {
        database = row["database"] ?? ""
        transactionsPerS = Double(row.count("avg_xact_count"))
        averageTransactionS = Double(row.count("avg_xact_time")) / 1_000_000
        averageWaitS = Double(row.count("avg_wait_time")) / 1_000_000
    }
}

extension PoolerObservation.Settings {
    fileprivate init(config rows: [[String: String]]) {
        func value(_ key: String) -> Int? { rows.first { $0["key"] == key }?["value"].flatMap { Int($0) } }
        self.init(defaultPoolSize: value("default_pool_size"), maxClientConn: value("max_client_conn"))
    }
}

extension PoolerObservation.StateCount {
    static func all(_ rows: [[String: String]]) -> [Self] {
        Dictionary(grouping: rows) { $0["state"] ?? "" }.map { Self(state: $0.key, count: $0.value.count) }
            .sorted { $0.state < $1.state }
    }
}

extension [String: String] {
    fileprivate func count(_ column: String) -> Int {
        self[column].flatMap { Int($0) } ?? 0
    }
}
