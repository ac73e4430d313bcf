import Operations
import Postgres

/// What keeps a set from being touched at all. Asked before anything is done, of all that would be.
struct RetainGuards {
    let survey: RetainSurvey
    let facts: [Int64: RetainFacts]
    let session: Session

    private var table: PartitionedTable { survey.table }
    private var action: PartitionDeclaration.Expiry { survey.expiry.action }

    /// - Throws: `partition.not_owner`, `partition.converting`, `partition.referenced`, `partition.identity`, `partition.foreign`,
    ///   `partition.dependents`
    func check() throws {
        let attached = survey.plan.expired
        guard !attached.isEmpty || !survey.unfinished.isEmpty else { return }
        try checkOwner()
        try checkConversion()
        if !attached.isEmpty {
            try checkReferences(attached.map(\.oid))
            try checkIdentities(attached.map(\.oid))
        }
        guard action != .detach else { return }
        let doomed = attached.map(\.oid) + survey.unfinished.map(\.oid)
        try checkForeignTables(doomed)
        try checkDependents(doomed)
    }

    private func checkOwner() throws {
        guard table.isOwn else { throw refusal(.partitionNotOwner, table.label, table.owner) }
        let labels = survey.plan.expired.map { ($0.oid, $0.label) } + survey.unfinished.map { ($0.oid, $0.label) }
        for (oid, label) in labels {
            guard let facts = facts[oid], !facts.isOwn else { continue }
            throw refusal(.partitionNotOwner, label, facts.owner)
        }
    }

    /// Until it is finished the rows are in the old table as well, which nothing here would let go of; and an undo would find
    /// others than it left.
    private func checkConversion() throws {
        let state = try session.row(Query(embedded: PackageResources.conversion_exist_sql))
        guard try state.value("is_there") else { return }
        guard try state.value("is_readable") else { throw try Conversion.notWritable(nil, in: session) }
        let row = try session.row(
            "SELECT EXISTS (SELECT FROM dbctl.conversions WHERE target = \(table.oid)::bigint::oid) AS is_open")
        guard try row.value("is_open") else { return }
        throw Failure(
            .partitionConverting,
            "\(table.label) was made a partitioned table, and that is not finished: its rows are still in the table that it was, too",
            detail: "Nothing of \(table.label) was changed.",
            hint: "dbctl partition convert \(table.quoted) --finish --yes, then run the same command again")
    }

    private func refusal(_ code: FailureCode, _ label: String, _ owner: String) -> Failure {
        Failure(
            code, "only its owner may detach or drop \(label)", detail: "Nothing of \(table.label) was changed.",
            hint: "run it as the role \(owner), or GRANT that role to yours")
    }

    /// Also where the partitions are only detached: their rows may be referred to, and the server would look for each of
    /// them under a lock.
    private func checkReferences(_ oids: [Int64]) throws {
        let query = Query(embedded: PackageResources.retain_references_sql, binds: [table.oid, oids])
        let found = try session.rows(query).map { row in
            (
                name: try row.value("name", as: String.self), owner: try row.value("owner", as: String.self),
                referenced: try row.value("referenced", as: String.self)
            )
        }
        guard let first = found.first else { return }
        throw Failure(
            .partitionReferenced,
            "the foreign key \(first.name) of \(first.owner) refers to \(first.referenced): its rows may need the ones that would go",
            detail: (["Nothing of \(table.label) was changed."]
                + found.dropFirst().map { "So does \($0.name) of \($0.owner)." }).joined(separator: "\n"),
            hint:
                "drop the foreign key, if the application can do without it: ALTER TABLE \(first.owner) DROP CONSTRAINT \(try identifier(first.name).typed)"
        )
    }

    /// The server would fail half way through DETACH, and again at each FINALIZE (`RetainTests.identity`).
    private func checkIdentities(_ oids: [Int64]) throws {
        let query = Query(embedded: PackageResources.retain_identities_sql, binds: [oids])
        guard let row = try session.rows(query).first else { return }
        let (relation, parent): (String, String) = (try row.value("relation"), try row.value("parent"))
        throw Failure(
            .partitionIdentity,
            "\(relation).\(try row.value("name", as: String.self)) is no identity column, as it is in \(parent): PostgreSQL could detach that only half",
            detail: "Nothing of \(table.label) was changed.",
            hint:
                "detach \(relation) from \(parent) and attach it again with its bounds, which makes it one: ALTER TABLE \(parent) DETACH PARTITION \(relation)"
        )
    }

    private func checkForeignTables(_ oids: [Int64]) throws {
        guard let foreign = oids.lazy.compactMap({ facts[$0]?.foreignTables.first }).first else { return }
        throw Failure(
            .partitionForeign,
            "\(foreign) is a foreign table: its rows lie on another server, and dbctl neither archives nor drops them",
            detail: "Nothing of \(table.label) was changed.",
            hint: "detach it by hand: ALTER TABLE \(table.typed) DETACH PARTITION \(foreign)")
    }

    private func checkDependents(_ oids: [Int64]) throws {
        let found = try session.rows(Query(embedded: PackageResources.retain_dependents_sql, binds: [oids])).map {
            row in
            (owner: try row.value("owner", as: String.self), name: try row.value("name", as: String.self))
        }
        guard let first = found.first else { return }
        throw Failure(
            .partitionDependents,
            "\(first.name) depends on \(first.owner), which is past keeping: it cannot be dropped without it",
            detail: (["Nothing of \(table.label) was changed: nothing is ever dropped with CASCADE."]
                + found.dropFirst().map { "\($0.name) depends on \($0.owner)." }).joined(separator: "\n"),
            hint: "make it depend on \(table.typed) instead, or drop it; or say on_expire: detach")
    }
}
