import Operations
import Postgres

/// `dbctl index audit`: reads, and changes nothing.
public struct IndexAudit: Sendable {
    public var request: IndexRequest
    /// The share of an index that may be empty.
    public var bloat = IndexBloat.tooMuch
    /// Servers that may be copies of this one: what queries read there counts.
    public var others: [StandbyScans.Target] = []

    public init(_ request: IndexRequest) {
        self.request = request
    }

    public func run() async throws -> IndexAuditReport {
        try await Connection.with(request.server, settings: request.readerSettings) { connection in
            var facts = try await PatientLook(request, connection, wait: .zero).run { try AuditFacts(in: $0) }
            facts.copies = await StandbyScans.ask(others, about: facts.server, request)
            return IndexAuditReport(
                findings: IndexRules(facts: facts, bloat: bloat, now: request.clock.now).findings
                    + TableRules(facts: facts).findings,
                notes: notes(facts))
        }
    }

    private func notes(_ facts: AuditFacts) -> [String] {
        var notes = facts.copies.compactMap(\.note)
        let unseen = facts.standbys - facts.copies.count { $0.answer == .counted }
        if unseen > 0 {
            notes.append(
                "\(unseen == 1 ? "a standby was" : "\(unseen) standbys were") not asked: an index that is unused here may be used there; name them under targets: in dbctl.yaml"
            )
        }
        if !facts.unreadable.isEmpty {
            notes.append(
                "not looked at for bloat, because this role may not read the table: \(facts.unreadable.sorted().joined(separator: ", ")); GRANT SELECT on them"
            )
        }
        return notes
    }
}
