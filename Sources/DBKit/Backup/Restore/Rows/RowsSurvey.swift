import Operations
import Postgres

/// All that could keep rows of an archive from the tables of a database, looked at before any of them is loaded.
struct RowsSurvey {
    let excerpt: RowsExcerpt
    let folder: ArchiveFolder
    let database: String

    /// A table, or one of its columns, that rows are to come into.
    private struct Wanted {
        let load: ArchiveEntry
        let table: RelationName
        let column: ArchiveText
        /// In the archive; nil where it does not tell.
        var type: ArchiveText?
        var isBinary = false

        var shown: String { "\(table.shown).\(column.string)" }
    }

    /// - Throws: `restore.requirements_missing` with all tables and columns that are not there; `restore.column_type`
    ///   with all columns whose type does not fit the binary form of the rows; `restore.row_security` with all tables
    ///   that it closes to this role. Whatever is found beside the first of these is in the detail.
    /// - Returns: what is worth knowing and no reason to refuse.
    func run(in session: Session) throws -> [String] {
        let types = ColumnTypes(folder.toc)
        let wanted = excerpt.loads.flatMap { columns(of: $0, types) }
        let query = Query(
            embedded: PackageResources.restore_rows_columns_sql,
            binds: [
                wanted.map(\.table.quoted.hexadecimal), wanted.map(\.column.hexadecimal), folder.encoding,
            ])
        var missing: [String] = []
        var misfits: [String] = []
        let rows = try session.rows(query)
        let archived = ArchivedTypes(folder.toc)
        let live = try LiveTypes(Set(rows.map { try $0.value("type_oid", as: Int64.self) }), in: session)
        for row in rows {
            let one = wanted[try row.value("place", as: Int.self) - 1]
            if !(try row.value("has_table", as: Bool.self)) {
                if one.column.isEmpty { missing.append("table \(one.table.shown)") }
            } else if !(try row.value("has_column", as: Bool.self)) {
                missing.append("column \(one.shown)")
            } else if try row.value("is_generated", as: Bool.self) {
                missing.append("column \(one.shown) to write into (it is generated)")
            } else if !one.column.isEmpty {
                let liveType: String = try row.value("live_type")
                let isSame = try one.type.map { try archived.shape(of: $0) == live.shape(of: row.value("type_oid")) }
                // A smaller precision rounds what comes in, without a word.
                let isLimited = try isSame == true && row.value("has_limit") && one.type?.string != liveType
                guard one.isBinary && isSame != true || isLimited else { continue }
                let type = one.type?.string ?? "of a type that it does not tell"
                misfits.append("\(one.shown) (\(type), here \(liveType))")
            }
        }
        missing += try TableNeeds.absent(
            excerpt.sequences.map { Self.sequence($0) }, in: session, encoding: folder.encoding
        ).map { "sequence \(RelationName($0).shown)" }
        let demands = try RowsDemands(excerpt: excerpt, folder: folder).look(in: session)
        let role: String = try session.row("SELECT current_user::text AS role").value("role")
        try refuse(missing + demands.missing, misfits, demands.secured, role)
        return demands.warnings
    }

    private func columns(of load: ArchiveEntry, _ types: ColumnTypes) -> [Wanted] {
        let table = RowsExcerpt.table(of: load)
        let itself = Wanted(load: load, table: table, column: "")
        guard let target = RowsExcerpt.target(of: load) else { return [itself] }
        let known = types.types(for: load)
        return [itself]
            + target.columns.map {
                Wanted(load: load, table: table, column: $0, type: known[$0], isBinary: target.isBinary)
            }
    }

    private static func sequence(_ entry: ArchiveEntry) -> ArchiveEntry {
        ArchiveEntry(
            dumpID: entry.dumpID, tag: entry.tag, kind: .sequence, section: .preData, namespace: entry.namespace)
    }

    /// Whoever mends one thing shall not find the next one only then.
    private func refuse(
        _ missing: [String], _ misfits: [String], _ secured: [String], _ role: String
    ) throws(Failure) {
        var failures: [Failure] = []
        if !missing.isEmpty {
            failures.append(
                Failure(
                    .restoreRequirements, "\(database) lacks what the rows need: \(missing.joined(separator: ", "))",
                    hint: "--data-only loads into tables that are there; --schema-only makes them in a new database"))
        }
        if !misfits.isEmpty {
            failures.append(
                Failure(
                    .restoreColumnType,
                    "rows of the set do not fit columns of another type: \(misfits.joined(separator: ", "))",
                    hint:
                        "restore the table under another name (--table, --as) and copy its rows with INSERT … SELECT, "
                        + "or load a set that was made with --copy-format text"))
        }
        if !secured.isEmpty {
            failures.append(
                Failure(
                    .restoreRowSecurity,
                    "row-level security keeps the role \(role) from loading: \(secured.joined(separator: ", "))",
                    hint: "load as a role with BYPASSRLS (ALTER ROLE \(role) BYPASSRLS), or as the owner of tables "
                        + "without FORCE ROW LEVEL SECURITY; no GRANT cures it"))
        }
        guard var first = failures.first else { return }
        for other in failures.dropFirst() { first.add(detail: "Besides, \(other.message).") }
        first.add(detail: "Nothing was changed.")
        throw first
    }

    /// Under locks that keep everybody else's rows out.
    func refuseRows(in session: Session) throws {
        var full: [String] = []
        for table in Set(excerpt.loads.map(RowsExcerpt.table)).sorted(by: { $0.shown < $1.shown }) {
            // Also rows of a child or a partition, which may well be no part of the set.
            let question: ArchiveText =
                "SELECT n.nspname || '.' || c.relname AS name FROM (SELECT tableoid FROM " + table.quoted
                + " LIMIT 1) AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.tableoid "
                + "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
            let holder: String? = try session.speaking(folder.encoding) { session in
                try session.rows(Query(ServerText(archive: question.bytes))).first?.value("name")
            }
            guard let holder else { continue }
            full.append(holder == table.shown ? holder : "\(table.shown) (rows in \(holder), which belongs to it)")
        }
        guard full.isEmpty else {
            throw Failure(
                .restoreRowsExist, "these tables of \(database) are not empty: \(full.joined(separator: ", "))",
                detail: "Nothing was changed.",
                hint: "--data-only adds rows to empty tables only: empty them first (TRUNCATE), or leave them out with "
                    + "--table; --table and --as put a copy beside one")
        }
        let objects = try excerpt.largeObjects.filter { $0.kind == .largeObjectData }.flatMap {
            try LargeObjectLoader(folder: folder, meter: RestoreMeter(sink: SilentProgress(), totalBytes: 0))
                .index(of: $0).map { Int64($0.oid) }
        }
        let there = try session.rows(
            "SELECT oid::bigint AS oid FROM pg_catalog.pg_largeobject_metadata WHERE oid::bigint = ANY (\(objects)) LIMIT 6"
        ).map { try "\($0.value("oid", as: Int64.self))" }
        guard there.isEmpty else {
            throw Failure(
                .restoreRowsExist, "\(database) already has large objects of the set: \(there.joined(separator: ", "))",
                detail: "Nothing was changed.",
                hint: "remove them with lo_unlink, or restore single tables with --table")
        }
    }
}
