import Postgres

/// A trigger of the default partition's, out of action for the moment in which rows leave it: it would take that for a
/// deletion. An audit would say so, a counter count it.
struct SilentTrigger: Sendable {
    private let name: String
    private let enabled: String

    /// All that there are, which are to be given back by ``restore(on:in:)``.
    static func silence(_ fallback: Partition, in session: Session) throws -> [SilentTrigger] {
        let rows = try session.rows(
            "SELECT tgname::text AS name, tgenabled::text AS enabled FROM pg_catalog.pg_trigger WHERE tgrelid = \(fallback.oid)::bigint::oid AND NOT tgisinternal AND tgenabled <> 'D'"
        )
        let triggers = try rows.map { SilentTrigger(name: try $0.value("name"), enabled: try $0.value("enabled")) }
        for trigger in triggers {
            try session.execute(
                "ALTER TABLE \(try fallback.sql()) DISABLE TRIGGER \(try identifier(trigger.name))")
        }
        return triggers
    }

    func restore(on fallback: Partition, in session: Session) throws {
        guard name != DrainQueue.trigger else { return }
        let form: SQLFragment = enabled == "A" ? "ENABLE ALWAYS" : enabled == "R" ? "ENABLE REPLICA" : "ENABLE"
        try session.execute("ALTER TABLE \(try fallback.sql()) \(form) TRIGGER \(try identifier(name))")
    }
}
