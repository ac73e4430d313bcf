public import Foundation
public import Operations

/// What `dbctl check` found: the ladder rung by rung, and what the session could see of its server.
public struct CheckReport: Encodable, Sendable {
    public var verdict: CheckVerdict
    /// One line for a monitoring system.
    public var summary: String
    /// In the order in which they were climbed; the last one is where it ended.
    public var steps: [CheckStep]
    public var notes: [String]
    /// Where the server is, part by part; secrets are masked.
    public var connection: [ConnectionPart]
    public var tls: TLSReport?
    public var server: ServerReport?
    public var latency: LatencyReport?
    /// Why the verdict is not OK. Not part of the data: it travels as the error beside it.
    public var failure: Failure?

    private enum CodingKeys: CodingKey {
        case verdict, summary, steps, notes, connection, tls, server, latency
    }

    /// A report that has not begun.
    init(connection: [ConnectionPart]) {
        verdict = .ok
        summary = ""
        steps = []
        notes = []
        self.connection = connection
    }
}

/// One rung of the ladder.
public struct CheckStep: Encodable, Sendable, Hashable {
    public enum Name: String, Encodable, Sendable {
        case configuration, dns, tcp, socket, tls, authentication, database, privileges, latency, server, connections
        case extensions
    }

    public var name: Name
    public var verdict: CheckVerdict
    public var timeS: Double
    /// What was found, in one line.
    public var text: String
    /// What to type next, where something is not as it should be.
    public var hint: String?
}

/// One keyword of the connection, with its value and where that came from.
public struct ConnectionPart: Encodable, Sendable, Hashable {
    public let keyword: String
    /// Masked when it is a secret.
    public let value: String
    public let origin: String

    public init(keyword: String, value: String, origin: String) {
        self.keyword = keyword
        self.value = value
        self.origin = origin
    }
}

public struct TLSReport: Encodable, Sendable, Hashable {
    public let protocolVersion: String
    public let cipher: String
    public let subject: String
    public let issuer: String
    public let names: [String]
    public let notAfter: Date
    /// True when this connection would not have come about with another server's certificate.
    public let isVerified: Bool
}

public struct LatencyReport: Encodable, Sendable, Hashable {
    public let samples: Int
    public let p50S: Double
    public let p95S: Double
}

public struct ServerReport: Encodable, Sendable, Hashable {
    public let version: String
    /// `primary` or `standby`
    public let role: String
    public let encoding: String
    public let timeZone: String
    public let maxConnections: Int
    /// Reserved for superusers and (16+) for pg_use_reserved_connections.
    public let reservedConnections: Int
    public let usedConnections: Int
    public let ordinaryFree: Int
    public let isPooled: Bool
    public let extensions: [Extension]

    public struct Extension: Encodable, Sendable, Hashable {
        public let name: String
        public let version: String
        /// What the installed package offers; nil when it is gone.
        public let available: String?
    }
}
