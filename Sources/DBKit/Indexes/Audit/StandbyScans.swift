import Foundation
import Operations
public import Postgres

/// What queries on another server have read of this one's indexes: each copy counts its own, and the primary knows nothing
/// of it.
public struct StandbyScans: Sendable {
    /// A server that somebody configured.
    public struct Target: Sendable {
        public var name: String
        public var server: ConnectionParameters

        public init(name: String, server: ConnectionParameters) {
            self.name = name
            self.server = server
        }
    }

    enum Answer: Sendable, Hashable {
        case counted
        /// It is no copy of this server, or it is this one.
        case unrelated
        case unreachable(String)
    }

    /// Which server, and since when its scans are counted.
    struct Identity: Sendable {
        var system: Int64 = 0
        var database = ""
        var started = Date()
        var countedSince = Date()
        var isStandby = false
    }

    var name: String
    var answer: Answer
    var countedSince = Date()
    /// By index, those that were read.
    var scans: [Int64: Int64] = [:]

    var note: String? {
        guard case .unreachable(let reason) = answer else { return nil }
        return "target \(name) could not be asked whether it is a copy that uses the indexes: \(reason)"
    }

    /// One that does not answer is no reason to wait long, nor to say nothing of the others.
    private static let patience = Duration.seconds(5)

    static func ask(_ targets: [Target], about server: Identity, _ request: IndexRequest) async -> [StandbyScans] {
        await withTaskGroup(of: StandbyScans.self) { group in
            for target in targets { group.addTask { await ask(target, about: server, request) } }
            var found: [StandbyScans] = []
            for await answer in group where answer.answer != .unrelated { found.append(answer) }
            return found.sorted { $0.name < $1.name }
        }
    }

    private static func ask(
        _ target: Target, about server: Identity, _ request: IndexRequest
    ) async -> StandbyScans {
        do {
            return try await Connection.with(
                target.server, settings: request.watcherSettings, timeout: patience
            ) { connection in
                try await connection.run { session in
                    let identity = try Identity(in: session)
                    guard identity.system == server.system, identity.database == server.database,
                        identity.started != server.started || identity.isStandby != server.isStandby
                    else { return StandbyScans(name: target.name, answer: .unrelated) }
                    var found = StandbyScans(
                        name: target.name, answer: .counted, countedSince: identity.countedSince)
                    let rows = try session.rows(
                        Query(embedded: PackageResources.audit_standby_sql), timeout: patience)
                    for row in rows { found.scans[try row.value("oid")] = try row.value("scans") }
                    return found
                }
            }
        } catch {
            return StandbyScans(name: target.name, answer: .unreachable(Failure(describing: error).message))
        }
    }
}

extension StandbyScans.Identity {
    init(in session: Session) throws {
        let row = try session.row(Query(embedded: PackageResources.audit_server_sql))
        try self.init(
            system: row.value("system_identifier"), database: row.value("database"), started: row.value("started"),
            countedSince: row.value("since"), isStandby: row.value("is_standby"))
    }
}
