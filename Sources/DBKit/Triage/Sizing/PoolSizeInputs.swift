import Operations

/// From what was said and what was seen to the inputs of the calculation, each with its source. Pure.
struct PoolSizeInputs: Sendable {
    let all: [SizingInput]
    let sizing: PoolSizing

    init(_ request: PoolSizeRequest, _ facts: PoolSizeFacts) {
        let server = facts.observation.server
        let users = PoolUsers(request.application, facts.observation)
        let cores = PoolSizeInputs.cores(request, facts)
        let spindles = SizingInput(
            "spindles", flag: request.spindles, "--spindles",
            else: SizingInput("spindles", 1, .assumed, "one disk or SSD; 0 when all data is in memory: --spindles"))
        let rate = PoolSizeInputs.rate(request, facts)
        let hold = PoolSizeInputs.hold(request, facts)
        let instances = SizingInput(
            "instances", flag: request.instances, "--instances",
            else: SizingInput("instances", 1, .assumed, "one process with a pool: --instances"))
        let surge = SizingInput(
            "surge", flag: request.surge, "--surge",
            else: SizingInput("surge", 1.5, .assumed, "a rolling deploy of half of them at a time: --surge"))
        let workers = SizingInput(
            "workers", flag: request.workers, "--workers",
            else: SizingInput("workers", nil as Int?, .unknown, "threads of an instance that share its pool: --workers")
        )
        let each = SizingInput(
            "connections_per_worker", flag: request.connectionsPerWorker, "--connections-per-worker",
            else: SizingInput(
                "connections_per_worker", 1, .assumed,
                "no worker asks for a second one while it holds one: --connections-per-worker"))
        let budget = ConnectionBudget(facts.observation)
        let others = SizingInput("others", budget.used - users.count, .measured, users.othersInWords)
        var sizing = PoolSizing(ordinary: budget.ordinary, others: others.whole ?? 0)
        sizing.cores = cores.whole
        sizing.spindles = spindles.whole ?? 1
        sizing.rate = rate.value
        sizing.hold = hold.value
        sizing.instances = max(1, instances.whole ?? 1)
        sizing.surge = max(1, surge.value ?? 1.5)
        sizing.workers = workers.whole
        sizing.connectionsPerWorker = max(1, each.whole ?? 1)
        sizing.roleLimit = users.roleLimit
        sizing.databaseLimit = users.databaseLimit
        var all = [cores, spindles, rate, hold]
        all.append(SizingInput("max_connections", server.maxConnections, .configuration, "max_connections"))
        all.append(
            SizingInput(
                "reserved", budget.reserved, .configuration,
                server.major >= 16
                    ? "superuser_reserved_connections and reserved_connections" : "superuser_reserved_connections"))
        all.append(
            SizingInput("ordinary", budget.ordinary, .configuration, "max_connections less the reserved ones"))
        all += [others, SizingInput("own", users.count, .measured, users.ownInWords)]
        if let limit = users.roleLimit {
            all.append(SizingInput("role_limit", limit.limit, .configuration, "CONNECTION LIMIT of role \(users.role)"))
        }
        if let limit = users.databaseLimit {
            all.append(
                SizingInput(
                    "database_limit", limit.limit, .configuration, "CONNECTION LIMIT of database \(server.database)"))
        }
        self.all = all + [instances, surge, workers, each]
        self.sizing = sizing
    }

    private static func cores(_ request: PoolSizeRequest, _ facts: PoolSizeFacts) -> SizingInput {
        let seen = facts.machineCores.map {
            SizingInput("cores", $0, .measured, "this machine, on which the server runs; without hyperthreads")
        }
        let nobody = SizingInput("cores", nil as Int?, .unknown, "the server is on another machine: --cores")
        return SizingInput("cores", flag: request.cores, "--cores", else: seen ?? nobody)
    }

    private static func rate(_ request: PoolSizeRequest, _ facts: PoolSizeFacts) -> SizingInput {
        let database = facts.observation.server.database
        let seen = facts.load.flatMap { load in
            load.rate.map {
                SizingInput(
                    "rate", $0, .measured,
                    "pg_stat_database, all transactions of \(database) in \(SizingTerm.plain(load.seconds)) s")
            }
        }
        let nobody = SizingInput(
            "rate", nil as Double?, .unknown, "\(gap(facts)): --rate, transactions a second at the busiest time")
        return SizingInput("rate", flag: request.rate, "--rate", else: seen ?? nobody)
    }

    private static func hold(_ request: PoolSizeRequest, _ facts: PoolSizeFacts) -> SizingInput {
        let seen = facts.load.flatMap { load in
            load.hold.map {
                SizingInput(
                    "hold_s", $0, .measured, "pg_stat_database, active and idle in transaction, per transaction")
            }
        }
        let nobody = SizingInput(
            "hold_s", nil as Double?, .unknown, "\(gap(facts)): --hold, for how long one keeps its connection")
        return SizingInput("hold_s", flag: request.hold?.seconds, "--hold", else: seen ?? nobody)
    }

    /// Why there is no measured load.
    private static func gap(_ facts: PoolSizeFacts) -> String {
        guard let load = facts.load else { return "not measured" }
        return switch load.gap {
        case .tooFew(let count):
            "\(count) transactions in \(SizingTerm.plain(load.seconds)) s say nothing"
        case .noTimes: "track_activities is off"
        case .reset: "the statistics were reset meanwhile"
        case nil: "not measured"
        }
    }
}

/// Whose sessions the pools are going to replace, and whose are the others. Pure.
struct PoolUsers: Sendable {
    /// Of the application, where its sessions tell; else the login's.
    let role: String
    let count: Int
    let roleLimit: PoolSizing.Limit?
    let databaseLimit: PoolSizing.Limit?
    let ownInWords: String
    let othersInWords: String

    init(_ application: String?, _ observation: Observation) {
        let server = observation.server
        let clients = observation.sessions.filter(\.holdsSlot)
        let own = clients.filter { client in
            application.map { client.applicationName == $0 } ?? (client.userName == server.role)
        }
        let roles = Set(own.compactMap(\.userName))
        let role = application != nil && roles.count == 1 ? roles.first ?? server.role : server.role
        let ownPids = Set(own.map(\.pid))
        self.role = role
        count = own.count
        roleLimit = observation.roles.first { $0.name == role }.map { limit in
            PoolSizing.Limit(
                limit: limit.connectionLimit,
                others: clients.count { $0.userName == role && !ownPids.contains($0.pid) })
        }
        databaseLimit = observation.databases.first { $0.name == server.database }?.connectionLimit.map { limit in
            PoolSizing.Limit(
                limit: limit,
                others: clients.count { $0.databaseName == server.database && !ownPids.contains($0.pid) })
        }
        let whose = application.map { "application \(ShellWord.quoted($0))" } ?? "role \(role)"
        ownInWords = "sessions of \(whose) now, which the pools replace"
        othersInWords =
            "pg_stat_activity now: all but \(whose)" + (application == nil ? " (--app names an application)" : "")
    }
}
