public import Foundation

/// What one look at a server saw: everything that a verdict needs, and no verdict. Encodes and decodes, so that a
/// situation can be recorded, replayed, and put into a test.
public struct Observation: Codable, Sendable, Hashable {
    /// By the server's clock; all ages are counted from here.
    public var time: Date
    public var server: ObservedServer
    /// Everybody's but the observer's own.
    public var sessions: [ObservedSession]
    /// Connections that hold a slot and have not logged in yet, by process.
    public var hiddenConnections: [Int32]
    /// Waiting sessions only.
    public var lockWaits: [LockWait]
    public var preparedTransactions: [PreparedTransaction]
    public var replicationSlots: [ReplicationSlot]
    public var standbys: [Standby]
    public var databases: [ObservedDatabase]
    /// Roles that have a limit.
    public var roles: [RoleLimit]
    /// What the pooler in front of the server says, where one was asked.
    public var pooler: PoolerObservation?

    public init(
        time: Date,
        server: ObservedServer,
        sessions: [ObservedSession] = [],
        hiddenConnections: [Int32] = [],
        lockWaits: [LockWait] = [],
        preparedTransactions: [PreparedTransaction] = [],
        replicationSlots: [ReplicationSlot] = [],
        standbys: [Standby] = [],
        databases: [ObservedDatabase] = [],
        roles: [RoleLimit] = [],
        pooler: PoolerObservation? = nil
    ) {
        self.time = time
        self.server = server
        self.sessions = sessions
        self.hiddenConnections = hiddenConnections
        self.lockWaits = lockWaits
        self.preparedTransactions = preparedTransactions
        self.replicationSlots = replicationSlots
        self.standbys = standbys
        self.databases = databases
        self.roles = roles
        self.pooler = pooler
    }

    /// One JSON document on one line, with times to the microsecond: a victim is named by pid *and* time of birth.
    public func recorded() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode((date.timeIntervalSince1970 * 1_000_000).rounded() / 1_000_000)
        }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// - Throws: `DecodingError` where the text is no observation.
    public init(recorded text: String) throws {
        self = try Observation.decoder.decode(Observation.self, from: Data(text.utf8))
    }

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .secondsSince1970
        return decoder
    }

    /// How long ago something was, in seconds; never negative, for clocks of several processes differ a little.
    public func age(_ moment: Date?) -> Double? {
        moment.map { max(0, time.timeIntervalSince($0)) }
    }
}
