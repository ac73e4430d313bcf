import Operations
import Postgres

extension PartitionConvert {
    /// Takes a conversion back: before the swap by removing the copy, after it by swapping again, with all that was written
    /// since.
    ///
    /// - Parameter isDryRun: Says what would be done.
    /// - Throws: `partition.convert_none`, `partition.convert_drift`, `partition.convert_busy`
    public static func undo(
        _ table: String, _ request: PartitionRequest, maximumStall: Duration, isDryRun: Bool
    ) async throws -> ConvertReport {
        try await ending(table, request, isDryRun: isDryRun) { site, conversion, lock in
            let undo = ConvertUndo(site: site, conversion: conversion, maximumStall: maximumStall)
            return isDryRun ? undo.planned() : try await undo.run(lock)
        }
    }

    /// Removes what an undo would need.
    ///
    /// - Throws: `partition.convert_none`
    public static func finish(
        _ table: String, _ request: PartitionRequest, isDryRun: Bool
    ) async throws -> ConvertReport {
        try await ending(table, request, isDryRun: isDryRun) { site, conversion, _ in
            let finish = ConvertFinish(site: site, conversion: conversion)
            return isDryRun ? try finish.planned() : try await finish.run()
        }
    }

    private static func ending(
        _ table: String, _ request: PartitionRequest, isDryRun: Bool,
        _ body: @escaping @Sendable (PartitionSite, Conversion, JobLock) async throws -> ConvertReport
    ) async throws -> ConvertReport {
        try await PartitionSite.with(request) { site in
            let source = try await find(table, site).source
            return try await site.locked(source) { lock in
                // Again: another run may have been at it.
                let conversion = try await find(table, site)
                guard !isDryRun else { return try await body(site, conversion, lock) }
                // Whoever maintains its partitions holds the lock of the partitioned table.
                return try await site.locked(conversion.target) { _ in
                    try await site.record.keeping({ $0.counts }) { try await body(site, conversion, lock) }
                }
            }
        }
    }

    private static func find(_ table: String, _ site: PartitionSite) async throws -> Conversion {
        try await site.connection.run { [request = site.request] session in
            let oid = try ConvertedTable.find(table, searchPath: request.searchPath, in: session)
            guard let conversion = try Conversion.find(oid, in: session) else {
                throw Failure(
                    .partitionConvertNone, "no conversion of \(table) is under way, or to be undone or finished",
                    detail: "Nothing was changed.", hint: "dbctl history shows what dbctl did to this database")
            }
            return conversion
        }
    }
}

/// The way back.
struct ConvertUndo: Sendable {
    let site: PartitionSite
    let conversion: Conversion
    var maximumStall: Duration = .milliseconds(250)

    private var request: PartitionRequest { site.request }
    private var connection: Connection { site.connection }

    func planned() -> ConvertReport {
        let isSwapped = conversion.state == .swapped || conversion.state == .converted
        var report = ConvertReport(conversion, isSwapped ? .converted : .begun)
        report.isDryRun = true
        report.notes.append(
            isSwapped
                ? "\(conversion.label) would be again what it was, with all that was written since; the partitions would be dropped"
                : "the copy would be dropped; \(conversion.label) stays as it is, and in use")
        return report
    }

    func run(_ lock: JobLock) async throws -> ConvertReport {
        var report = ConvertReport(conversion, .undone)
        switch (conversion.state, conversion.strategy) {
        case (.preparing, _), (.copying, _), (.undone, _): break
        case (.swapped, .copy), (.converted, .copy): try await swapBack(lock, &report)
        case (.swapped, .attach), (.converted, .attach):
            try await swapOut(&report)
        }
        let state = try await connection.run { try Conversion.find(conversion.source, in: $0) }
        if let state { try await ConvertUndo(site: site, conversion: state).clear() }
        return report
    }

    private func swapBack(_ lock: JobLock, _ report: inout ConvertReport) async throws {
        let table = try await connection.run { try ConvertedTable.read(conversion.source, in: $0) }
        guard let key = SyncKey(of: table, partitionKey: conversion.key) else {
            throw Failure(
                .partitionConvertChanged,
                "the table that \(conversion.label) was has lost its key, and no row of it can be found",
                detail: "\(conversion.label) is in use, partitioned.", hint: "keep it with --finish")
        }
        let follower = Follower(
            log: ChangeLog(conversion: conversion.source, direction: .back, key: key),
            source: "\(try identifier(conversion.schema, conversion.name))",
            target: "\(try identifier(conversion.oldSchema, conversion.name))", columns: table.written.map(\.name))
        try await checkColumns(table)
        report.rowsCompared = try await keepingKeys {
            try await Comparison(
                request: request, connection: connection, lock: lock, label: conversion.label,
                columns: table.columns.map(\.name)
            ).run(follower, expecting: table.rowEstimate)
        }
        try await ShadowView.build(
            over: conversion.target, home: conversion.schema, shadow: conversion.oldSchema, request, through: connection
        )
        // What was given to the partitioned table.
        try await connection.run { [conversion] session in
            try session.transaction { session in
                try TargetCreation.mend(
                    conversion.source, like: conversion.target, [.owner, .grant, .comment], in: session)
            }
        }
        let exchange = Exchange(
            conversion: conversion, direction: .back, leaving: conversion.target, arriving: conversion.source,
            follows: follower, budget: maximumStall,
            check: { [conversion] session in
                guard try ChangeLog.isWatching(conversion.target, in: session) else { throw Self.unwatched(conversion) }
            })
        let result = try await keepingKeys {
            try await SwapAttempts(request: request, connection: connection, swap: exchange).run()
        }
        (report.attempts, report.stallS) = (result.attempts, result.stall / .seconds(1))
    }

    private func swapOut(_ report: inout ConvertReport) async throws {
        guard let memory = conversion.memory else {
            throw Failure(
                .partitionConvertNone, "the note of the conversion of \(conversion.label) says nothing of its partition"
            )
        }
        let swap = AttachUndo(conversion: conversion, memory: memory, budget: maximumStall)
        let result = try await keepingKeys {
            try await SwapAttempts(request: request, connection: connection, swap: swap).run()
        }
        (report.attempts, report.stallS) = (result.attempts, result.stall / .seconds(1))
    }

    /// - Throws: `partition.convert_drift` for rows that the table as it was cannot hold, because they are the same in what
    ///   was a unique key.
    private func keepingKeys<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            throw Failure(
                .partitionConvertDrift,
                "\(conversion.label) has rows by now that are the same in \(error.constraint ?? "a unique key") as it was: \(error.message)",
                detail: "\(error.detail ?? "")\n\(conversion.label) is in use, partitioned; nothing was swapped.",
                hint: "make them differ and run the same command again, or keep what is with --finish",
                sqlState: error.sqlState?.code)
        } catch { throw error }
    }

    private static func unwatched(_ conversion: Conversion) -> Failure {
        Failure(
            .partitionConvertDrift,
            "the trigger that notes what is written to \(conversion.label) was switched off or dropped",
            detail: "What was written meanwhile would be lost. \(conversion.label) is in use, partitioned.",
            hint: "keep what is with dbctl partition convert \(conversion.label) --finish --yes")
    }

    /// - Throws: `partition.convert_changed`
    private func checkColumns(_ table: ConvertedTable) async throws {
        let target = try await connection.run { try ConvertedTable.read(conversion.target, in: $0) }
        func shape(_ table: ConvertedTable) -> Set<[String]> { Set(table.columns.map { [$0.name, $0.type] }) }
        guard shape(table) != shape(target) else { return }
        throw Failure(
            .partitionConvertChanged, "the columns of \(conversion.label) were altered since it is partitioned",
            detail: "The table as it was cannot hold its rows. \(conversion.label) is in use, partitioned.",
            hint: "alter \(conversion.oldSchema).\(conversion.name) likewise, or keep what is with --finish")
    }

    /// Once the table is in use: drops the copy, and what kept the two in step.
    func clear() async throws {
        let place: SQLFragment = "\(try identifier(conversion.schema, conversion.name))"
        if conversion.state == .undone {
            _ = try await PendingKeys(
                request: request.patient, connection: connection, table: conversion.source, sql: place,
                label: conversion.label
            ).validate()
        }
        let lock = BoundedLock(
            request: request.patient, connection: connection, tables: [conversion.source, conversion.target],
            label: conversion.label)
        try await lock.run("removing the copy of \(conversion.label)") { [conversion] session in
            try ConvertLeftovers(conversion: conversion).remove(inUse: place, from: conversion.newSchema, in: session)
        }
    }
}
