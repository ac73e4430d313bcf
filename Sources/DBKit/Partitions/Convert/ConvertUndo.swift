import Operations
import Postgres

extension PartitionConvert {
    /// Takes a conversion back: before the swap by removing the copy, after it by swapping again, with all that was written
    /// since.
    ///
    /// - Parameters:
    ///   - patience: How long the swap is tried again where --wait asks for less.
    ///   - isDryRun: Says what would be done.
    /// - Throws: `partition.convert_none`, `partition.convert_drift`, `partition.convert_busy`
    public static func undo(
        _ table: String, _ request: PartitionRequest, maximumStall: Duration, patience: Duration = .seconds(30),
        isDryRun: Bool
    ) async throws -> ConvertReport {
        try await ending(table, request, isDryRun: isDryRun) { site, conversion, lock in
            let undo = ConvertUndo(
                site: site, conversion: conversion, maximumStall: maximumStall, patience: patience)
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
            let found = try await find(table, site)
            return try await site.locked(found.source, found.label) { lock in
                // Again: another run may have been at it.
                let conversion = try await find(table, site)
                guard !isDryRun else { return try await body(site, conversion, lock) }
                // Whoever maintains its partitions holds the lock of the partitioned table.
                return try await site.locked(conversion.target, conversion.label) { _ in
                    try await site.record.keeping({ $0.counts }) { try await body(site, conversion, lock) }
                }
            }
        }
    }

    private static func find(_ table: String, _ site: PartitionSite) async throws -> Conversion {
        try await site.connection.run { [request = site.request] session in
            let oid = try ConvertedTable.look(table, searchPath: request.searchPath, in: session)
            if let known = try oid.flatMap({ try Conversion.find($0, in: session) }) { return known }
            if let abandoned = try Conversion.abandoned(table, in: session) { return abandoned }
            if oid == nil { _ = try ConvertedTable.find(table, searchPath: request.searchPath, in: session) }
            throw Failure(
                .partitionConvertNone, "no conversion of \(table) is under way, or to be undone or finished",
                detail: "Nothing was changed.", hint: "dbctl history shows what dbctl did to this database")
        }
    }
}

/// The way back.
struct ConvertUndo: Sendable {
    let site: PartitionSite
    let conversion: Conversion
    var maximumStall: Duration = .milliseconds(250)
    var patience: Duration = SwapAttempts.leastWait

    private var request: PartitionRequest { site.request }
    private var connection: Connection { site.connection }

    func planned() -> ConvertReport {
        var report = ConvertReport(conversion, conversion.isSwapped ? .converted : .begun)
        report.isDryRun = true
        report.notes.append(plan)
        return report
    }

    private var plan: String {
        let label = conversion.label
        return switch (conversion.isSwapped, conversion.strategy) {
        case _ where conversion.place == nil: "\(label) was dropped; what was made for its conversion would be removed"
        case (false, _): "the copy would be dropped; \(label) stays as it is, and in use"
        case (true, .copy):
            "\(label) would be again what it was, with all that was written since; the partitions would be dropped"
        case (true, .attach):
            "\(label) would be again what it was; the rows of the other partitions would be copied into it under the lock of the swap, and more than some ten thousand do not fit into that"
        }
    }

    func run(_ lock: JobLock) async throws -> ConvertReport {
        var report = ConvertReport(conversion, .undone)
        guard conversion.place != nil else {
            guard !conversion.isSwapped else { throw dropped }
            report.state = .removed
            try await clear()
            return report
        }
        if conversion.isSwapped {
            try conversion.refuseRenamed()
            switch conversion.strategy {
            case .copy: try await swapBack(lock, &report)
            case .attach: try await swapOut(&report)
            }
        }
        let state = try await connection.run { try Conversion.find(conversion.source, in: $0) }
        if let state { try await ConvertUndo(site: site, conversion: state).clear() }
        return report
    }

    private var dropped: Failure {
        let back = (try? identifier(conversion.schema).typed) ?? conversion.schema
        return Failure(
            .partitionConvertDrift, "\(conversion.label) was dropped since it is partitioned",
            detail: conversion.strategy == .copy
                ? "\(conversion.typedOld) is the table as it was at the swap, without what was written since. Nothing was changed."
                : "With strategy attach the table went with it. Nothing was changed.",
            hint:
                "\(conversion.strategy == .copy ? "ALTER TABLE \(conversion.typedOld) SET SCHEMA \(back) brings that one back; " : "")\(conversion.command("--finish --yes")) removes what is left"
        )
    }

    private func swapBack(_ lock: JobLock, _ report: inout ConvertReport) async throws {
        let table = try await connection.run { try ConvertedTable.read(conversion.source, in: $0) }
        guard let key = SyncKey(of: table, partitionKey: conversion.key) else {
            throw Failure(
                .partitionConvertChanged,
                "the table that \(conversion.label) was has lost its key, and no row of it can be found",
                detail: "\(conversion.label) is in use, partitioned.",
                hint: "\(conversion.command("--finish --yes")) keeps what is, and drops \(conversion.typedOld)")
        }
        let follower = Follower(
            log: ChangeLog(conversion: conversion.source, direction: .back, key: key),
            source: "\(try identifier(conversion.schema, conversion.name))",
            target: "\(try identifier(conversion.oldSchema, conversion.name))", columns: table.written.map(\.name))
        try await connection.run { try refuseOtherColumns(in: $0) }
        report.rowsCompared = try await keepingKeys {
            try await Comparison(
                request: request, connection: connection, lock: lock, conversion: conversion,
                columns: table.columns.map(\.name)
            ).run(follower, expecting: table.rowEstimate)
        }
        try await ShadowView.build(
            over: conversion.target, home: conversion.schema, shadow: conversion.oldSchema, request, through: connection
        )
        // What was given to the partitioned table. Nobody uses the other one, so that it may take as long as it takes.
        try await connection.run { session in
            try session.transaction { session in
                for difference in try differences(in: session) {
                    for statement in difference.statements { try session.execute(statement) }
                }
                for statement in try TargetCreation.extras(
                    of: conversion.target, on: conversion.source, in: conversion.oldSchema, session)
                {
                    try session.execute("\(ServerText(catalog: statement))")
                }
            }
        }
        let exchange = Exchange(
            conversion: conversion, direction: .back, leaving: conversion.target, arriving: conversion.source,
            follows: follower, budget: maximumStall,
            refuseChanges: { session in
                guard try ChangeLog.isWatching(conversion.target, in: session) else { throw Self.unwatched(conversion) }
                guard let late = try differences(in: session).first else { return }
                throw Failure(
                    .partitionConvertChanged, "\(conversion.label) was altered in this very moment: \(late.message)",
                    detail: "\(conversion.label) is in use, partitioned.", hint: "run the same command again")
            })
        let result = try await keepingKeys {
            try await SwapAttempts(
                request: request, connection: connection, swap: exchange, patience: patience
            ).run()
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
            try await SwapAttempts(request: request, connection: connection, swap: swap, patience: patience).run()
        }
        (report.attempts, report.stallS) = (result.attempts, result.stall / .seconds(1))
    }

    /// - Throws: `partition.convert_drift` for what the table as it was cannot hold: rows that are the same in what was a
    ///   unique key, and foreign keys to what is none any more.
    private func keepingKeys<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            throw Failure(
                .partitionConvertDrift,
                "\(conversion.label) has rows by now that are the same in \(error.constraint ?? "a unique key") as it was: \(error.message)",
                detail: "\(error.detail ?? "")\n\(conversion.label) is in use, partitioned; nothing was swapped.",
                hint:
                    "make them differ and run the same command again, or keep what is with \(conversion.command("--finish --yes"))",
                sqlState: error.sqlState?.code)
        } catch let error as PostgresError where error.sqlState?.code == "42830" {
            throw Failure(
                .partitionConvertDrift,
                "a foreign key refers to \(conversion.label) by columns that were not unique in it as it was: \(error.message)",
                detail:
                    "It came since the conversion. \(conversion.label) is in use, partitioned; nothing was swapped.",
                hint:
                    "drop it, or add that key to \(conversion.typedOld), and run the same command again; or keep what is with \(conversion.command("--finish --yes"))",
                sqlState: error.sqlState?.code)
        } catch { throw error }
    }

    private static func unwatched(_ conversion: Conversion) -> Failure {
        Failure(
            .partitionConvertDrift,
            "the trigger that notes what is written to \(conversion.label) was switched off or dropped",
            detail: "What was written meanwhile would be lost. \(conversion.label) is in use, partitioned.",
            hint: "keep what is with \(conversion.command("--finish --yes"))")
    }

    /// - Throws: `partition.convert_changed`
    private func refuseOtherColumns(in session: Session) throws {
        let source = try ConvertedTable.read(conversion.source, in: session)
        let target = try ConvertedTable.read(conversion.target, in: session)
        func shape(_ table: ConvertedTable) -> Set<[String]> { Set(table.columns.map { [$0.name, $0.type] }) }
        guard shape(source) != shape(target) else { return }
        throw Failure(
            .partitionConvertChanged, "the columns of \(conversion.label) were altered since it is partitioned",
            detail: "The table as it was cannot hold its rows. \(conversion.label) is in use, partitioned.",
            hint:
                "alter \(conversion.typedOld) likewise, or keep what is with \(conversion.command("--finish --yes"))")
    }

    /// What the table as it was lacks of the partitioned one: what was given to that since. Not the partition key in unique
    /// keys, and its NOT NULL, without which there are no partitions.
    private func differences(in session: Session) throws -> [TraitDifference] {
        let found = try RelationTraits.read([conversion.source, conversion.target], in: session)
        guard let own = found[conversion.source], var wanted = found[conversion.target] else { return [] }
        // As the server quotes it, in the text that it writes of an index.
        let key: String = try session.row("SELECT pg_catalog.quote_ident(\(conversion.key)) AS name").value("name")
        wanted.indexes.removeAll { index in
            own.indexes.contains { KeyAppending.appending(key, to: $0.body) == index.body }
        }
        for place in wanted.columns.indices where wanted.columns[place].name == conversion.key {
            wanted.columns[place].isNotNull = own.columns.first { $0.name == conversion.key }?.isNotNull ?? false
        }
        return try Inheritance(of: own, from: wanted, .backToTable, keepsNames: true).differences()
    }

    /// Once the table is in use: drops the copy, and what kept the two in step.
    func clear() async throws {
        if let place = try conversion.sqlPlace {
            if conversion.state == .undone {
                try await PendingKeys(
                    request: request.patient, connection: connection, table: conversion.source, sql: place,
                    label: conversion.label
                ).validate()
            }
            // In a transaction of its own, so that nobody waits for as long as the copy takes to drop.
            let lock = BoundedLock(
                request: request.patient, connection: connection, tables: [conversion.source], label: conversion.label,
                total: request.lockTimeout)
            try await lock.run("the trigger on \(conversion.label) goes") { [conversion] session in
                try ConvertLeftovers(conversion: conversion).release(place, in: session)
                var undone = conversion
                try undone.move(to: .undone, in: session)
            }
        }
        try await ConvertLeftovers(conversion: conversion).drop(
            from: conversion.newSchema, of: conversion.target, request, through: connection)
    }
}

extension Set<TraitDifference.Trait> {
    /// What a table gets again of the partitioned one that had taken its place. Foreign keys, triggers, policies and
    /// publications move in the swap itself.
    fileprivate static let backToTable: Self = [
        .owner, .grant, .comment, .column, .default, .notNull, .check, .index, .extendedStatistics, .statisticsTarget,
        .columnStorage,
    ]
}
