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
    /// Two builds of it at a time would wait for each other: only a build without expressions and predicate is one whose
    /// snapshot others do not wait for.
    let buildsAlone: Bool

    init(
        _ specification: IndexSpecification, isForced: Bool, table: IndexedTable, in session: Session
    ) throws {
        if let name = specification.name, (try? identifier(name)) == nil {
            throw Failure(
                .indexDefinition, "--name: an index's name has 1 to \(Identifier.maximumBytes) bytes",
                hint: "choose another, or leave it out", category: .usage)
        }
        try self.init(
            IndexBody(specification, columns: table.columns, version: session.serverVersion),
            name: specification.name, isForced: isForced, table: table, in: session)
    }

    /// - Parameter name: That it is to have.
    init(_ body: IndexBody, name: String?, isForced: Bool, table: IndexedTable, in session: Session) throws {
        self.table = table
        self.body = body
        guard table.mayCreate else {
            throw Failure(
                .indexNotOwner,
                "this role may create nothing in schema \(table.schema), and an index lies in its table's schema",
                detail: "Nothing was changed.",
                hint: "GRANT CREATE ON SCHEMA \((try? identifier(table.schema).typed) ?? table.schema) TO ROLE")
        }
        let probed = try IndexProbe(table: table, body: body).ask(in: session)
        wanted = CreatePlan.Wanted(
            definition: probed.definition, columns: probed.columns, name: name, isForced: isForced)
        estimate = probed.estimate
        buildsAlone = probed.hasExpressions || probed.definition.predicate != nil
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
        for twin in existing where twin.isLeftover && twin.definition.isEquivalent(to: found.definition) {
            let remedy =
                twin.wasInUse
                ? "`dbctl index drop \(ShellWord.quoted(twin.label)) --yes` removes it"
                : "`dbctl index repair` mends it"
            notes.append("\(twin.label) is the same and INVALID; \(remedy)")
        }
        let storage = found.definition.storage.sorted().joined(separator: ", ")
        if !storage.isEmpty {
            notes.append("\(found.name) is stored with \(storage), which makes no other index of it")
        }
        if let name = wanted.name, name != found.name {
            notes.append(
                "it is called \(found.name), not \(name); ALTER INDEX \(found.label) RENAME TO \((try? identifier(name).typed) ?? name) would change that"
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

    /// How long a dry run looks at rows.
    private static let moment = Duration.seconds(5)

    /// What would refuse the build, as far as that is found out in a moment.
    ///
    /// - Returns: What was not looked at.
    /// - Throws: `index.no_space`, `index.duplicates`.
    func preview(in session: Session, _ request: IndexRequest, parts: [Int64]? = nil) throws -> [String] {
        try ServerDisk(request: request).check(estimate, for: table, parts: parts, in: session)
        guard body.isUnique else { return [] }
        do {
            try DuplicateLook(table: table, definition: wanted.definition).check(in: session, patience: Self.moment)
            return []
        } catch let error as PostgresError where error.kind == .timedOut && session.isUsable {
            return [
                "whether rows have the same key was not found out within \(Self.moment.spelled); the run looks before it builds"
            ]
        } catch { throw error }
    }

    /// Before hours are spent: is the way free, are the keys different, is there room?
    ///
    /// - Parameter parts: Of a partitioned table, those that are still to be built.
    func check(in session: Session, _ request: IndexRequest, parts: [Int64]? = nil) throws {
        try ServerDisk(request: request).check(estimate, for: table, parts: parts, in: session)
        if body.isUnique {
            let holders = try Blocker.holders(of: (parts ?? []) + [table.oid], in: session)
            if let hidden = holders.first(where: { $0.isHidden && $0.age == nil }) {
                request.onEvent(.note("how old this one is cannot be seen: \(hidden.sentence)"))
            }
            if let oldest = holders.first(where: { $0.age.map { $0 >= request.maximumWait } ?? false }) {
                throw Failure(
                    .indexMaxWait,
                    "a transaction older than --max-wait (\(request.maximumWait.spelled)) holds \(table.label): \(oldest.sentence)",
                    detail: "Nothing was built: a unique index could neither be finished nor dropped again.",
                    hint: "\([oldest].remedy), or allow longer with --max-wait")
            }
            try DuplicateLook(table: table, definition: wanted.definition).check(in: session)
        }
    }
}
