import Foundation
import Operations
import Postgres

/// The strategy attach: the table becomes one partition as it is, in a transaction of milliseconds.
///
/// What ATTACH would read or build under its lock is there beforehand: a validated CHECK that says as much as the bounds,
/// and unique indexes with the partition key.
struct AttachConversion: Sendable {
    let site: PartitionSite
    let plan: ConvertPlan
    let lock: JobLock

    private var request: PartitionRequest { site.request }
    private var connection: Connection { site.connection }
    private var table: ConvertedTable { plan.table }
    static let check = "dbctl_convert"

    func run(_ known: Conversion?, _ report: inout ConvertReport) async throws -> Conversion {
        let cut = try AttachCut(plan)
        var conversion: Conversion
        if let known {
            conversion = known
        } else {
            conversion = try await connection.run { session in
                try session.transaction { try create(cut, in: $0) }
            }
        }
        guard let memory = conversion.memory else {
            throw Failure(
                .partitionConvertOther, "\(table.label): the note of its conversion has no bounds",
                hint: "take it back with --undo --yes, and begin again")
        }
        try await partitions(conversion, from: memory)
        try await foreignKeys(conversion)
        for index in PreparedIndex.all(plan) {
            try await lock.check()
            try await ConcurrentIndex(
                request: request, connection: connection, table: table, index: index,
                maximumWait: plan.specification.maximumWait
            ).build()
        }
        // Last, because it refuses rows behind the bound from now on.
        try await bound(memory)
        try await lock.check()
        let swap = AttachSwap(plan: plan, conversion: conversion, memory: memory)
        let result = try await SwapAttempts(
            request: request, connection: connection, swap: swap, patience: plan.specification.patience
        ).run()
        (report.attempts, report.stallS) = (result.attempts, result.stall / .seconds(1))
        report.notes.append(
            "the rows from before \(memory.upper) lie in \(table.schema).\(memory.partition); spreading them over partitions is a later step"
        )
        conversion.state = .swapped
        return conversion
    }

    private func create(_ cut: AttachCut, in session: Session) throws -> Conversion {
        let target = try TargetCreation(table: table, plan: plan).run(in: session)
        let wasNullable = table.column(plan.specification.key)?.isNotNull == false
        let conversion = Conversion(
            source: table.oid, target: target, schema: table.schema, name: table.name, strategy: .attach,
            key: plan.specification.key, step: plan.specification.step.description,
            zone: plan.specification.zone.identifier, state: .preparing, reached: nil, rowsCopied: 0,
            digest: try Conversion.digest(of: table.oid, key: plan.specification.key, in: session),
            memory: AttachMemory(
                partition: cut.partition, upper: plan.scheme.text(cut.upper), wasNullable: wasNullable),
            run: request.run.id.description, startedAt: request.clock.now, place: nil)
        try conversion.insert(in: session)
        return conversion
    }

    /// Those behind the table's own, which a run that was cut off has fixed.
    private func partitions(_ conversion: Conversion, from memory: AttachMemory) async throws {
        let partitions = TargetPartitions(
            request: request, target: conversion.target,
            parent: "\(try identifier(conversion.newSchema, conversion.name))", schema: table.schema,
            table: table.name, source: table.oid, scheme: plan.scheme)
        let present = Set(try await connection.run { try partitions.existing(in: $0) })
        var wanted: [PartitionRange] = []
        var next = PartitionValue(memory.upper, key: plan.scheme.key).flatMap(plan.scheme.range(containing:))
        while let range = next, wanted.count < plan.specification.ahead {
            wanted.append(range)
            next = plan.scheme.range(after: range)
        }
        try await partitions.create(wanted.filter { !present.contains($0) }, through: connection)
    }

    /// On the empty partitioned table, so that ATTACH finds those of the table to be their parts.
    private func foreignKeys(_ conversion: Conversion) async throws {
        let target: SQLFragment = "\(try identifier(conversion.newSchema, conversion.name))"
        let (own, present) = try await connection.run { session in
            (
                try ForeignKeyCopy.read(table.oid, in: session),
                Set(try ForeignKeyCopy.read(conversion.target, in: session).map(\.name))
            )
        }
        for key in own where !present.contains(key.name) {
            let add: Query =
                "ALTER TABLE \(target) ADD CONSTRAINT \(try identifier(key.name)) \(ServerText(catalog: key.definition))"
            try await bounded.run(add.text) { session in
                try session.execute(add)
                guard let comment = key.comment else { return }
                try session.execute(
                    "COMMENT ON CONSTRAINT \(try identifier(key.name)) ON \(target) IS \(try literal(comment))")
            }
        }
    }

    /// Says beforehand what the bounds will say, so that ATTACH need not read the table.
    private func bound(_ memory: AttachMemory) async throws {
        let (source, check) = (try table.sql(), try identifier(Self.check))
        let key = try identifier(plan.specification.key)
        let oid = table.oid
        let isValid: Bool? = try await connection.run { session in
            try session.rows(
                "SELECT convalidated AS is_valid FROM pg_catalog.pg_constraint WHERE conrelid = \(oid)::bigint::oid AND conname = \(Self.check)"
            ).first?.value("is_valid")
        }
        if isValid == nil {
            let add: Query =
                "ALTER TABLE \(source) ADD CONSTRAINT \(check) CHECK (\(key) IS NOT NULL AND \(key) < \(try literal(memory.upper))) NOT VALID"
            try await bounded.run(add.text) { session in _ = try session.execute(add) }
        }
        if isValid != true {
            let validate: Query = "ALTER TABLE \(source) VALIDATE CONSTRAINT \(check)"
            request.onEvent(.running(validate.text))
            try await PatientRetry(request, table.label).run {
                try await connection.run { session in _ = try session.execute(validate) }
            }
        }
        // The CHECK says so already, and nothing is read.
        let set: Query = "ALTER TABLE \(source) ALTER COLUMN \(key) SET NOT NULL"
        guard memory.wasNullable else { return }
        try await bounded.run(set.text) { session in _ = try session.execute(set) }
    }

    private var bounded: BoundedLock {
        BoundedLock(
            request: request.patient(plan.specification.patience), connection: connection, tables: [table.oid],
            label: table.label)
    }
}
