import Foundation
import Operations
import Postgres

/// `dbctl partition convert`: a table in use becomes a partitioned one, and nobody waits longer than a moment.
public struct PartitionConvert: Sendable {
    public var request: PartitionRequest
    public var specification: ConvertSpecification

    public init(_ request: PartitionRequest, _ specification: ConvertSpecification) {
        self.request = request
        self.specification = specification
    }

    /// What ``run()`` would do; nothing is changed.
    public func plan() async throws -> ConvertReport {
        try await PartitionSite.look(request) { connection in
            try await connection.run { session in
                let oid = try ConvertedTable.find(specification.table, searchPath: request.searchPath, in: session)
                if let conversion = try Conversion.find(oid, in: session), conversion.state != .undone {
                    try agree(with: conversion)
                    return planned(conversion)
                }
                try refuseAbandoned(in: session)
                let plan = try observe(oid, in: session)
                return try report(plan, in: session)
            }
        }
    }

    /// - Precondition: Whoever calls has consent to what ``plan()`` lists.
    /// - Throws: `partition.convert_blocked`, and what any step says.
    public func run() async throws -> ConvertReport {
        try await PartitionSite.with(request) { site in
            let begun = ContinuousClock.now
            let (table, source) = try await site.connection.run { session in
                let oid = try ConvertedTable.find(specification.table, searchPath: request.searchPath, in: session)
                return (oid, try Conversion.find(oid, in: session)?.source ?? oid)
            }
            return try await site.locked(source, specification.table) { lock in
                var report = try await site.record.keeping({ $0.counts }) {
                    try await convert(table, site, lock)
                }
                report.durationS = (ContinuousClock.now - begun) / .seconds(1)
                return report
            }
        }
    }

    private func convert(_ oid: Int64, _ site: PartitionSite, _ lock: JobLock) async throws -> ConvertReport {
        var known = try await site.connection.run { try Conversion.find(oid, in: $0) }
        if let undone = known, undone.state == .undone {
            try await ConvertUndo(site: site, conversion: undone).clear()
            known = nil
        }
        if let known {
            try agree(with: known)
            if known.isSwapped { return try await complete(known, ConvertReport(known, .converted), site) }
            // Else the plan would be one of another table than the copy was made of.
            try await site.connection.run { try known.refuseAltered(in: $0) }
        } else {
            try await site.connection.run { try refuseAbandoned(in: $0) }
        }
        let source = known?.source ?? oid
        let isBegun = known != nil
        let (plan, report) = try await site.connection.run { session in
            let plan = try observe(source, in: session)
            return (plan, try self.report(plan, isBegun: isBegun, in: session))
        }
        if let refusal = report.refusal(consented: true) { throw refusal.findings.refusal(plan.table.label) }
        try await site.connection.run { try Conversion.prepare(in: $0) }
        var done = report
        (done.statements, done.isDryRun) = ([], false)
        let conversion: Conversion
        switch specification.strategy {
        case .copy:
            guard let key = plan.key else { throw report.findings.refusal(plan.table.label) }
            let copy = CopyConversion(
                site: site, specification: specification, scheme: plan.scheme, lock: lock, table: plan.table, key: key)
            let begun = try await copy.prepare(plan, known)
            conversion = try await copy.run(begun, &done)
        case .attach:
            conversion = try await AttachConversion(site: site, plan: plan, lock: lock).run(known, &done)
        }
        return try await complete(conversion, done, site)
    }

    /// After the swap: what the swap left to be validated.
    private func complete(
        _ conversion: Conversion, _ report: ConvertReport, _ site: PartitionSite
    ) async throws -> ConvertReport {
        var report = report
        report.state = .converted
        if conversion.state == .swapped {
            let label = conversion.label
            try await PendingKeys(
                request: request.patient, connection: site.connection, table: conversion.target,
                sql: "\(try identifier(conversion.schema, conversion.name))", label: label
            ).validate()
            try await site.connection.run { session in
                var next = conversion
                try next.move(to: .converted, in: session)
            }
        }
        report.notes.append(conversion.wayBack)
        return report
    }

    /// What the conversion of a dropped table has left has the names that this one's would have.
    ///
    /// - Throws: `partition.convert_other`
    private func refuseAbandoned(in session: Session) throws {
        guard let abandoned = try Conversion.abandoned(specification.table, in: session) else { return }
        throw Failure(
            .partitionConvertOther,
            "a table of the name \(abandoned.label) was dropped while its conversion was \(abandoned.words), and what was made for that is still there",
            detail: "Nothing was changed.",
            hint: abandoned.isSwapped
                ? "\(abandoned.typedOld) is that table as it was; \(abandoned.command("--finish --yes")) drops it, with the rest"
                : "\(abandoned.command("--undo --yes")) removes it")
    }

    /// - Throws: `partition.convert_other`, `partition.convert_changed`
    private func agree(with conversion: Conversion) throws(Failure) {
        guard conversion.key == specification.key, conversion.step == specification.step.description,
            conversion.strategy == specification.strategy, conversion.zone == specification.zone.identifier
        else {
            throw Failure(
                .partitionConvertOther,
                "\(conversion.label) is being converted by \(conversion.key) every \(conversion.step) (\(conversion.strategy.rawValue), \(TimeZone.spelled(conversion.zone)))",
                detail: "That was begun in run \(conversion.run), and is \(conversion.words). Nothing was changed.",
                hint: conversion.isSwapped
                    ? "\(conversion.command("--finish --yes")) ends it, \(conversion.command("--undo --yes")) takes it back"
                    : "go on with \(conversion.going), or take it back with \(conversion.command("--undo --yes"))")
        }
        try conversion.refuseRenamed()
    }
}

extension PartitionRequest {
    /// For steps that others' locks may keep waiting: without --wait, as long as the usual tries take.
    var patient: PartitionRequest { patient(SwapAttempts.leastWait) }

    func patient(_ least: Duration) -> PartitionRequest {
        var request = self
        request.wait = max(wait, least)
        return request
    }
}

extension ConvertReport {
    var counts: [String: Int64] {
        [
            "copied": rowsCopied, "compared": rowsCompared, "partitions": Int64(partitions.count),
            "attempts": Int64(attempts),
        ]
    }
}

extension [ConvertFinding] {
    func refusal(_ label: String) -> Failure {
        Failure(
            .partitionConvertBlocked, "\(label) cannot be converted: \(first?.message ?? "")",
            detail: (dropFirst().map(\.message) + ["Nothing was changed."]).joined(separator: "\n"), hint: first?.hint)
    }
}
