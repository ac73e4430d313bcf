import Operations
import Postgres
import Storage

/// Where the pre-images of one target lie: a child of `dbctl.refresh_changes`, or a table like it, with the old values
/// in the columns' own types, so that nothing of them is lost on the way and `undo` joins them as they are.
///
/// The name holds the target and a hash of its columns' names and types: after an ALTER TABLE there is another one, and
/// what was kept before stays readable.
struct ChangesTable: Sendable {
    let name: String
    private let columns: [(name: Identifier, type: ServerText)]

    var table: Identifier {
        get throws(PostgresError) { try identifier("dbctl", name) }
    }

    init(_ area: StagingArea) throws {
        let names = try area.keys.map(\.fed.target.name) + area.written.map(\.name)
        let types = names.map { area.target.column($0)?.typeName ?? "text" }
        let signature = zip(names, types).map { "\($0)\u{0}\($1)" }.joined(separator: "\u{0}")
        let hash = XXH64.hash(unsafe Array(signature.utf8).span.bytes)
        name = "refresh_changes_\(area.target.oid)_\(String(hash, radix: 36))"
        columns = try types.enumerated().map { place, type in
            (try identifier("b\(place + 1)"), ServerText(catalog: type))
        }
    }

    /// The caller holds the target's job lock.
    func create(in session: Session) throws {
        // Another role's is as good, and may not be touched beyond its rows.
        let isThere: Bool = try session.row(
            "SELECT pg_catalog.to_regclass(\(try table.sql)) IS NOT NULL AS is_there"
        ).value("is_there")
        guard !isThere else { return }
        let list = columns.map { "\($0.name) \($0.type)" as SQLFragment }.joined(separator: ", ")
        // Only its owner can make a child of a table. Another role's pre-images lie in one of the same form.
        let isOwner: Bool = try session.row(
            """
            SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_owner FROM pg_catalog.pg_class AS c
            WHERE c.oid = 'dbctl.refresh_changes'::regclass
            """
        ).value("is_owner")
        try session.execute(
            isOwner
                ? "CREATE TABLE \(try table) (\(list)) INHERITS (dbctl.refresh_changes)"
                : "CREATE TABLE \(try table) (LIKE dbctl.refresh_changes, \(list))")
        // Runs lie one behind the other: the smallest of indexes finds one.
        try session.execute(
            "CREATE INDEX \(try identifier("\(name)_run")) ON \(try table) USING brin (run_id)")
    }
}
