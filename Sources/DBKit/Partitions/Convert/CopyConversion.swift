import Foundation
import Operations
import Postgres

/// The strategy copy, from where it is to the swap.
struct CopyConversion: Sendable {
    let site: PartitionSite
    let specification: ConvertSpecification
    let scheme: PartitionScheme
    let lock: JobLock
    let table: ConvertedTable
    let key: SyncKey

    private var request: PartitionRequest { site.request }
    private var connection: Connection { site.connection }

    /// Makes the partitioned table, its partitions, and the trigger; after a run that was cut off, what is missing of them.
    func prepare(_ plan: ConvertPlan, _ known: Conversion?) async throws -> Conversion {
        var conversion: Conversion
        if let known {
            conversion = known
        } else {
            conversion = try await connection.run { session in try session.transaction { try create(plan, in: $0) } }
            request.onEvent(.note("\(table.label): the partitioned table waits in schema \(conversion.newSchema)"))
        }
        guard conversion.state == .preparing else { return conversion }
        let partitions = try partitions(of: conversion)
        let present = Set(try await connection.run { try partitions.existing(in: $0) })
        try await partitions.create(plan.ranges.filter { !present.contains($0) }, through: connection)
        let log = ChangeLog(conversion: table.oid, direction: .forth, key: key)
        let source = try table.sql()
        let ready = conversion
        conversion = try await bounded.run("the trigger that notes what is written to \(table.label)") { session in
            var next = ready
            try log.install(on: source, in: session)
            try next.move(to: .copying, in: session)
            return next
        }
        return conversion
    }

    private func create(_ plan: ConvertPlan, in session: Session) throws -> Conversion {
        let target = try TargetCreation(table: table, plan: plan).run(in: session)
        for direction in [ChangeLog.Direction.forth, .back] {
            try ChangeLog(conversion: table.oid, direction: direction, key: key).create(like: table.sql(), in: session)
        }
        let conversion = Conversion(
            source: table.oid, target: target, schema: table.schema, name: table.name, strategy: .copy,
            key: specification.key, step: specification.step.description, zone: specification.zone.identifier,
            state: .preparing, reached: nil, rowsCopied: 0,
            digest: try Conversion.digest(of: table.oid, key: specification.key, in: session), memory: nil,
            run: request.run.id.description, startedAt: request.clock.now, place: nil)
        try conversion.insert(in: session)
        return conversion
    }

    /// Copies, compares, and swaps.
    func run(_ begun: Conversion, _ report: inout ConvertReport) async throws -> Conversion {
        var conversion = begun
        var follower = try follower(of: conversion)
        let partitions = try partitions(of: conversion)
        try await TableCopy(
            request: request, specification: specification, connection: connection, lock: lock, table: table,
            partitions: partitions
        ).run(&conversion, &follower)
        report.rowsCopied = conversion.rowsCopied
        try await settle(conversion)
        try await watchBack(conversion)
        let columns = table.columns.map(\.name)
        let compared = conversion
        report.rowsCompared = try await covering(&follower, partitions) { follower in
            try await Comparison(
                request: request, connection: connection, lock: lock, conversion: compared, columns: columns
            ).run(follower, expecting: max(table.rowEstimate ?? 0, conversion.rowsCopied))
        }
        try await ShadowView.build(
            over: table.oid, home: table.schema, shadow: conversion.newSchema, request, through: connection)
        // What was given to the table, or taken from it, since: grants, comments, statistics targets.
        try await connection.run { [conversion, partitions] session in
            try session.transaction { session in
                for statement in try TargetCreation.mending(
                    conversion.target, like: conversion.source, .beforeSwap, in: session)
                {
                    try session.execute(statement)
                }
                for statement in try TargetCreation.extras(
                    of: conversion.source, on: conversion.target, in: conversion.newSchema, session)
                {
                    try session.execute("\(ServerText(catalog: statement))")
                }
                try partitions.mend(in: session)
            }
        }
        try await lock.check()
        let checked = conversion
        let result = try await covering(&follower, partitions) { follower in
            let exchange = Exchange(
                conversion: checked, direction: .forth, leaving: checked.source, arriving: checked.target,
                follows: follower, budget: specification.maximumStall,
                refuseChanges: { session in try check(checked, in: session) })
            return try await SwapAttempts(
                request: request, connection: connection, swap: exchange, patience: specification.patience
            ).run()
        }
        (report.attempts, report.stallS) = (result.attempts, result.stall / .seconds(1))
        conversion.state = .swapped
        return conversion
    }

    /// Partitions are added for rows beyond all of them, as often as some come.
    private func covering<T: Sendable>(
        _ follower: inout Follower, _ partitions: TargetPartitions, _ body: (Follower) async throws -> T
    ) async throws -> T {
        while true {
            do {
                return try await body(follower)
            } catch let beyond as Follower.Uncovered {
                follower.coverage?.range = try await partitions.cover(beyond.ends, through: connection)
            }
        }
    }

    /// The planner knows the partitions from the first statement on, and index-only scans need not visit the rows.
    private func settle(_ conversion: Conversion) async throws {
        request.onEvent(.note("\(table.label): gathering statistics of the partitions"))
        let target = try identifier(conversion.newSchema, table.name)
        let oid = conversion.target
        try await connection.run { session in
            let leaves = try session.rows(
                """
                SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS place
                FROM pg_catalog.pg_partition_tree(\(oid)::bigint::oid) AS t
                     JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
                     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE t.isleaf
                """
            ).map { try $0.value("place", as: String.self) }
            for leaf in leaves { try session.execute("VACUUM \(ServerText(catalog: leaf))") }
            try session.execute("ANALYZE \(target)")
        }
    }

    /// From now on, before anybody uses it: what the follower itself writes in the meantime is noted too, and does no harm.
    private func watchBack(_ conversion: Conversion) async throws {
        let log = ChangeLog(conversion: table.oid, direction: .back, key: key)
        let target: SQLFragment = "\(try identifier(conversion.newSchema, table.name))"
        try await connection.run { session in
            try session.transaction { session in
                guard try !ChangeLog.isWatching(conversion.target, in: session) else { return }
                try log.install(on: target, in: session)
            }
        }
    }

    private func check(_ conversion: Conversion, in session: Session) throws {
        try conversion.refuseAltered(in: session)
        guard try ChangeLog.isWatching(conversion.source, in: session) else {
            throw Failure(
                .partitionConvertDrift, "the trigger that notes what is written to \(table.label) was switched off",
                detail: "What was written meanwhile is missing in the copy. \(table.label) is in use as it was.",
                hint: "\(conversion.command("--undo --yes")) removes the copy; then begin again")
        }
    }

    private func follower(of conversion: Conversion) throws -> Follower {
        Follower(
            log: ChangeLog(conversion: table.oid, direction: .forth, key: key), source: try table.sql(),
            target: "\(try identifier(conversion.newSchema, table.name))", columns: table.written.map(\.name),
            coverage: Follower.Coverage(range: PartitionRange(lower: .maximum, upper: .maximum), type: scheme.key))
    }

    private func partitions(of conversion: Conversion) throws -> TargetPartitions {
        TargetPartitions(
            request: request, target: conversion.target, parent: "\(try identifier(conversion.newSchema, table.name))",
            schema: table.schema, table: table.name, source: table.oid, scheme: scheme)
    }

    /// Others' writes wait behind it.
    private var bounded: BoundedLock {
        BoundedLock(
            request: request.patient(specification.patience), connection: connection, tables: [table.oid],
            label: table.label)
    }
}
