import Operations
import Postgres

/// `dbctl index audit`: reads, and changes nothing.
public struct IndexAudit: Sendable {
    public var request: IndexRequest
    /// The share of an index that may be empty.
    public var bloat = 0.5

    public init(_ request: IndexRequest) {
        self.request = request
    }

    public func run() async throws -> IndexAuditReport {
        try await Connection.with(request.server, settings: request.watcherSettings) { connection in
            let facts = try await connection.run { session in try AuditFacts(in: session) }
            var notes: [String] = []
            if facts.hasStandbys {
                notes.append("this server has standbys: an index that is unused here may be used there")
            }
            return IndexAuditReport(
                findings: IndexRules(facts: facts, bloat: bloat).findings + TableRules(facts: facts).findings,
                notes: notes)
        }
    }
}
