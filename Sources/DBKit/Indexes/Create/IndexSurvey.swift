import Operations
import Postgres

/// A wanted index and the table that it is wanted on, as the server sees both.
struct IndexSurvey: Sendable {
    let table: IndexedTable
    let body: IndexBody
    let wanted: CreatePlan.Wanted
    let existing: [TableIndex]
    let taken: Set<String>
    let estimate: IndexEstimate

    init(
        _ specification: IndexSpecification, isForced: Bool, table: IndexedTable, in session: Session
    ) throws {
        self.table = table
        body = try IndexBody(specification, columns: table.columns, version: session.serverVersion)
        if let name = specification.name { _ = try identifier(name) }
        let probed = try IndexProbe(table: table, body: body).ask(in: session)
        wanted = CreatePlan.Wanted(
            definition: probed.definition, columns: probed.columns, name: specification.name, isForced: isForced)
        estimate = probed.estimate
        existing = try TableIndex.read(tables: [table.oid], in: session)
        taken = try Self.names(in: table.schema, session)
    }

    static func names(in schema: String, _ session: Session) throws -> Set<String> {
        let rows = try session.rows(Query(embedded: PackageResources.index_names_sql, binds: [schema]))
        return Set(try rows.map { try $0.value("name", as: String.self) })
    }

    var plan: CreatePlan {
        get throws { try CreatePlan(wanted, on: table, existing: existing, taken: taken) }
    }

    /// It is there already.
    func report(on found: TableIndex, isDryRun: Bool) -> IndexCreateReport {
        IndexCreateReport(isDryRun: isDryRun, indexes: [.equivalent(found)], notes: notes(on: found))
    }

    /// Of an equivalent one, what is worth saying.
    func notes(on found: TableIndex) -> [String] {
        var notes: [String] = []
        let storage = found.definition.storage.sorted().joined(separator: ", ")
        if !storage.isEmpty {
            notes.append("\(found.name) is stored with \(storage), which makes no other index of it")
        }
        if let name = wanted.name, name != found.name {
            notes.append(
                "it is called \(found.name), not \(name); ALTER INDEX \(found.label) RENAME TO \(name) would change that"
            )
        }
        return notes
    }

    func refusal(_ wider: TableIndex) -> Failure {
        Failure(
            .indexCovered, "\(wider.label) serves every query that this index would: \(wider.text)",
            detail: "Nothing was changed.",
            hint:
                "use that one; or build this one too with --force, when it is much smaller and that pays for its writes"
        )
    }

    /// Before hours are spent: is the way free, are the keys different, is there room?
    func check(in session: Session, _ request: IndexRequest) throws {
        if body.isUnique {
            let holders = try TableHolders.find(
                on: [table.oid], olderThan: request.maximumWait, in: session)
            if let oldest = holders.first {
                throw Failure(
                    .indexMaxWait,
                    "a transaction older than --max-wait (\(request.maximumWait.spelled)) holds \(table.label): \(oldest)",
                    detail: "Nothing was built: a unique index could neither be finished nor dropped again.",
                    hint: "end that transaction (`dbctl pool kill`), or allow longer with --max-wait")
            }
            try DuplicateLook(table: table, definition: wanted.definition).check(in: session)
        }
        try ServerDisk(request: request).check(estimate, for: table, in: session)
    }
}
