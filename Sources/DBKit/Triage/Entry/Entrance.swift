import Operations
public import Postgres

/// Gets into a server that lets ordinary clients in no more: one way after the other, and never two at once.
///
/// Only a server (or a pooler) that is full makes it try another way. A wrong password, a name that does not resolve or
/// a server that is starting are told at once: another way in would not change them, and the server counts failed logins.
public struct Entrance: Sendable {
    public var ways: Ways
    public var settings: SessionSettings
    /// For each way.
    public var timeout: Duration

    public init(_ ways: Ways, settings: SessionSettings, timeout: Duration = .seconds(5)) {
        self.ways = ways
        self.settings = settings
        self.timeout = timeout
    }

    /// A session, and how it came about.
    public struct Entry: Sendable {
        public let connection: Connection
        public let route: Route
        /// What was tried before.
        public let refusals: [Refusal]
    }

    /// - Throws: The first way's ``Failure``, with what became of the others, when none leads in.
    public func open() async throws -> Entry {
        var refusals: [Refusal] = []
        var failures: [Failure] = []
        var rest = ways.all[...]
        while let way = rest.popFirst() {
            do {
                let connection = try await Connection.open(way.parameters, settings: settings, timeout: timeout)
                return Entry(connection: connection, route: way.route, refusals: refusals)
            } catch let error as PostgresError {
                if error.kind == .cancelled { throw CancellationError() }
                let failure = Failure(error)
                refusals.append(Refusal(way, failure))
                failures.append(failure)
                if way.route == .direct, !Entrance.isFull(failure) {
                    // Somebody took the connection and then said nothing: a server that hangs, or a queue at a pooler.
                    guard [.connectHang, .connectLost].contains(failure.code), let console = ways.poolersOwn else {
                        break
                    }
                    rest = [console]
                } else if error.isTimeout {
                    break
                } else if way.route == .direct, failure.code.name.hasPrefix("pooler."), let console = ways.poolersOwn {
                    // It was a pooler that refused: its console is known, then.
                    rest.append(console)
                }
            }
        }
        // Of several reasons the lack of slots is what there is to do something about.
        guard let first = failures.first(where: Entrance.isFull) ?? failures.first else {
            throw Failure(
                .connectNoSocket, "there is no superuser's way in: the server has no socket in the usual folders",
                hint:
                    "on the server's machine, give the folder: --database-url 'postgresql:///DB?host=/FOLDER&port=PORT'"
            )
        }
        throw Entrance.isFull(first) ? await outside(first, refusals) : first
    }

    /// Somebody else, or somebody on another way, may be let in.
    static func isFull(_ failure: Failure) -> Bool {
        let poolers: Set<FailureCode> = [
            .poolerMaxClientConn, .poolerQueryWaitTimeout, .poolerDisabled, .poolerServerLogin, .poolerTimeout,
        ]
        return failure.code.name.hasPrefix("slots.") || poolers.contains(failure.code)
    }

    // MARK: No way in

    /// What somebody without any login hears at the door, and what has been tried.
    private func outside(_ first: Failure, _ refusals: [Refusal]) async -> Failure {
        var failure = first
        // The door says the same to everybody: all slots are gone, or only the ordinary ones.
        if let heard = await DoorKnock(ways.own, timeout: timeout).answer(), Entrance.isFull(heard) {
            failure.code = heard.code
            failure.message = heard.message
            failure.sqlState = heard.sqlState
        }
        let tried = refusals.map { "\($0.route.rawValue) as \($0.userName): \($0.code), \($0.message)" }
        failure.detail = (["No way leads in:"] + tried).joined(separator: "\n  ")
        // Of the other limits each has a remedy of its own.
        guard failure.code == .slotsAll || failure.code == .slotsOrdinary else { return failure }
        let here =
            failure.code == .slotsAll
            ? "" : "on the server's machine, as the account that runs it: dbctl pool doctor --via superuser; or "
        failure.hint =
            "\(here)stop one instance of the application, and ask again. For the next time: a role with LOGIN REPLICATION, "
            + "pg_monitor and pg_signal_backend gets in over max_wal_senders (pool.rescue in dbctl.yaml)"
        return failure
    }
}

extension Refusal {
    init(_ way: Ways.Way, _ failure: Failure) {
        self.init(
            route: way.route, userName: way.userName, code: failure.code.name, sqlstate: failure.sqlState,
            message: failure.message)
    }
}
