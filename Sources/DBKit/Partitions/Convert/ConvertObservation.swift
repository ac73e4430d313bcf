import Foundation
import Operations
import Postgres

/// What there is, and what a conversion would make of it.
extension PartitionConvert {
    func observe(_ oid: Int64, in session: Session) throws -> ConvertPlan {
        let table = try ConvertedTable.read(oid, in: session)
        let type = try keyType(of: table)
        let scheme = try specification.scheme(type)
        let ends = try KeyEnds.read(of: table, specification.key, type, in: session)
        let views = try ShadowView.read(over: oid, in: session)
        let dependents = try ConvertDependent.read(
            on: [oid] + views.map(\.oid), key: specification.key, isTargetPartitioned: true, in: session
        ).filter { !$0.isChangeTrigger }
        return try ConvertPlan(
            table, specification, scheme,
            ConvertPlan.Contents(smallest: ends.smallest, largest: ends.largest, nulls: ends.nulls), dependents,
            now: request.clock.now)
    }

    /// - Throws: What no plan could be made of.
    private func keyType(of table: ConvertedTable) throws(Failure) -> PartitionKeyType {
        guard table.kind == "r" else {
            throw Failure(
                .partitionConvertBlocked,
                table.kind == "p"
                    ? "\(table.label) is partitioned already, and no conversion of dbctl's is at it"
                    : "\(table.label) is no table",
                detail: "Nothing was changed.",
                hint: table.kind == "p"
                    ? "dbctl partition ensure --table \(ShellWord.quoted(table.typed))" : "name the table behind it")
        }
        guard table.isOwn else {
            throw Failure(
                .partitionNotOwner, "only its owner may convert \(table.label)", detail: "Nothing was changed.",
                hint: "run it as the role \(table.owner)")
        }
        guard table.mayCreateSchemas, table.mayCreateTables else {
            throw Failure(
                .partitionConvertPrivilege,
                "the role may not create \(table.mayCreateSchemas ? "tables in schema \(table.schema)" : "schemas in database \(table.database)")",
                detail:
                    "The partitioned table waits in a schema of its own until it takes the place of \(table.label). Nothing was changed.",
                hint: table.mayCreateSchemas
                    ? "GRANT CREATE ON SCHEMA \(ConvertPlan.typed(table.schema)) TO \(ConvertPlan.typed(table.owner))"
                    : "GRANT CREATE ON DATABASE \(ConvertPlan.typed(table.database)) TO \(ConvertPlan.typed(table.owner))"
            )
        }
        guard let column = table.column(specification.key) else {
            let near = NearestName.of(specification.key, among: table.columns.map(\.name)).first
            throw Failure(
                .partitionColumn, "\(table.label) has no column \(specification.key)", detail: "Nothing was changed.",
                hint: near.map { "did you mean --by \(ShellWord.quoted($0))?" }
                    ?? "dbctl partition convert \(ShellWord.quoted(table.typed)) --by COLUMN")
        }
        guard let type = PartitionKeyType(typeName: column.type) else {
            throw Failure(
                .partitionKey,
                "\(column.name) of \(table.label) is of type \(column.type), and dbctl cuts no ranges of it",
                detail: "Nothing was changed.",
                hint: "date, timestamp, timestamptz, uuid (v7), smallint, integer, bigint and text (ULID) can be cut")
        }
        return type
    }

    func planned(_ conversion: Conversion) -> ConvertReport {
        var report = ConvertReport(conversion, conversion.isSwapped ? .converted : .begun)
        report.isDryRun = true
        report.notes.append(
            conversion.isSwapped ? conversion.wayBack : "\(conversion.words); the same command with --yes goes on")
        return report
    }

    func report(_ plan: ConvertPlan, isBegun: Bool = false, in session: Session) throws -> ConvertReport {
        let table = plan.table
        var report = ConvertReport(
            table: table.label, state: .planned, strategy: specification.strategy, by: specification.key,
            every: specification.step.description)
        report.isDryRun = true
        report.key = plan.key?.columns ?? []
        report.findings = plan.findings
        (report.rowsEstimate, report.sizeBytes) = (table.rowEstimate, table.sizeBytes)
        let names = TargetPartitions(
            request: request, target: 0, parent: "", schema: table.schema, table: table.name, source: table.oid,
            scheme: plan.scheme)
        guard plan.obstacles.isEmpty else { return report }
        // Of one that was begun, some are there already, and rightly.
        if !isBegun {
            try names.checkNames(
                specification.strategy == .attach ? AttachCut(plan).following : plan.ranges, in: session)
        }
        report.partitions = try partitions(plan, names)
        report.notes.append(bounds(report.partitions))
        let definition = TargetDefinition(
            plan: plan, source: try RelationTraits.read(table.oid, in: session),
            identities: try IdentitySequence.read(table.oid, in: session))
        report.statements = try definition.statements().map(\.text)
        guard specification.strategy == .attach else { return report }
        report.statements += try PreparedIndex.all(plan).map {
            "CREATE UNIQUE INDEX CONCURRENTLY \(try identifier($0.name).sql) ON \(try identifier(table.schema, table.name).sql) \($0.body)"
        }
        return report
    }

    /// A table took every row; a partitioned one takes those that it has a partition for.
    private func bounds(_ partitions: [ConvertReport.Partition]) -> String {
        let (first, last) = (partitions.first?.lower ?? "", partitions.last?.upper ?? "")
        let before = first == "MINVALUE" ? "" : "before \(first) or "
        return
            "from the swap on, rows \(before)from \(last) on are refused: dbctl partition ensure makes the partitions that time brings, once the table stands under partitions: of dbctl.yaml"
    }

    private func partitions(_ plan: ConvertPlan, _ names: TargetPartitions) throws -> [ConvertReport.Partition] {
        var own: [ConvertReport.Partition] = []
        var ranges = plan.ranges
        if specification.strategy == .attach {
            let cut = try AttachCut(plan)
            own = [
                ConvertReport.Partition(
                    name: "\(names.schema).\(cut.partition)", lower: PartitionBound.minimum.stamp(plan.scheme.key),
                    upper: cut.upper.stamp(plan.scheme.key))
            ]
            ranges = cut.following
        }
        return try own
            + ranges.map { range in
                ConvertReport.Partition(
                    name: "\(names.schema).\(try names.name(of: range))", lower: range.lower.stamp(plan.scheme.key),
                    upper: range.upper.stamp(plan.scheme.key))
            }
    }
}
