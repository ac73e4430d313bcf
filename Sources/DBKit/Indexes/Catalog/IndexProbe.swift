import Operations
import Postgres

/// Asks the server what a wanted index means, by building it on an empty copy of its table that nobody sees and that is
/// gone again at once. Comparing texts would be guessing.
struct IndexProbe: Sendable {
    let table: IndexedTable
    let body: IndexBody

    struct Answer: Sendable {
        var definition: IndexDefinition
        /// As the server calls what is indexed: `lower`, `expr`.
        var columns: [String]
        var estimate: IndexEstimate
        var hasExpressions: Bool
    }

    /// What the server makes of it.
    ///
    /// - Throws: `index.definition` with what the server does not take.
    func ask(in session: Session) throws -> Answer {
        try session.transaction { session in
            try session.undoing { session in
                let (kind, copy) = try place(in: session)
                try session.execute("CREATE \(kind) TABLE \(copy) (LIKE \(table.sql()) INCLUDING GENERATED)")
                do {
                    try session.execute(body.statement(.plain, name: nil, on: copy))
                } catch let error as PostgresError where error.kind == .server && error.sqlState != .lockNotAvailable {
                    throw Failure(
                        .indexDefinition, "the server does not take this index on \(table.label): \(error.message)",
                        detail: error.detail, hint: error.hint ?? "nothing was built; mend the definition",
                        sqlState: error.sqlState?.code)
                } catch { throw error }
                let oid: Int64 = try session.row(
                    "SELECT i.indexrelid::bigint AS oid FROM pg_catalog.pg_index AS i WHERE i.indrelid = pg_catalog.to_regclass(\(copy.text))"
                ).value("oid")
                guard let found = try TableIndex.read(index: oid, in: session) else {
                    throw Failure(.bugUnexpected, "an index that was built a moment ago is not there")
                }
                var estimate = try IndexEstimate.read(oid, found.definition, of: table, in: session)
                if estimate.needsSample {
                    estimate.measured = try IndexSample(table: table, body: body, kind: kind, place: copy)
                        .bytes(rows: estimate.tableRows, in: session)
                }
                return Answer(
                    definition: found.definition, columns: found.columns, estimate: estimate,
                    hasExpressions: found.hasExpressions)
            }
        }
    }

    /// A temporary table has the table's own name, for expressions that say it. A role that may not make one may make
    /// another one in the table's schema, else it could not make the index either; it is gone at the end too.
    private func place(in session: Session) throws -> (kind: SQLFragment, copy: SQLFragment) {
        let mayBeTemporary: Bool = try session.row(
            "SELECT pg_catalog.has_database_privilege(current_database(), 'TEMPORARY') AS may"
        ).value("may")
        guard mayBeTemporary else {
            return ("UNLOGGED", "\(try identifier(table.schema, "dbctl_probe_\(session.backendPID)"))")
        }
        return ("TEMPORARY", "\(try identifier("pg_temp", table.name))")
    }
}
