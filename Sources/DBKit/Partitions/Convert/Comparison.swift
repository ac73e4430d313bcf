import Operations
import Postgres

/// Reads both tables, and makes sure that the one is what the other is.
///
/// Range by range of the key, each in one snapshot in which the follower has caught up: equal by count and by the sum of a
/// hash over all values. It knows nothing of how the rows came there, so that it also finds what went past the trigger.
struct Comparison: Sendable {
    let request: PartitionRequest
    let connection: Connection
    let lock: JobLock
    let conversion: Conversion
    /// All, also generated ones.
    let columns: [String]

    static let step = 50_000

    /// - Returns: How many rows there are.
    /// - Throws: `partition.convert_drift`, ``Follower/Uncovered``
    func run(_ follower: Follower, expecting total: Int64?) async throws -> Int64 {
        var reached: [String]?
        var rows: Int64 = 0
        var isDone = false
        while !isDone {
            try await lock.check()
            let after = reached
            let (count, last) = try await PatientRetry(request, conversion.label).run {
                try await connection.run { session in
                    try session.transaction(.frozen) { session in try compare(follower, after, in: session) }
                }
            }
            rows += count
            (reached, isDone) = (last, last == nil)
            request.progress.report(
                Progress(
                    phase: "compare", done: rows, total: total.map { max($0, rows) }, unit: .items,
                    note: conversion.label))
        }
        return rows
    }

    private func compare(
        _ follower: Follower, _ after: [String]?, in session: Session
    ) throws -> (count: Int64, last: [String]?) {
        try follower.follow(in: session)
        let last = try follower.lastKey(Self.step, beyond: after, in: session)
        let scope = try KeyScope(follower.log.key.columns, after: after, through: last)
        let source = try sum(follower.source, scope, follower, in: session)
        let target = try sum(follower.target, scope, follower, in: session)
        guard source == target else { throw try difference(follower, source, target, in: session) }
        return (source.count, last)
    }

    private func difference(_ follower: Follower, _ source: Sum, _ target: Sum, in session: Session) throws -> Failure {
        let label = conversion.label
        let values = source.count == target.count ? ", with other values" : ""
        guard follower.log.direction == .back else {
            // ALTER TABLE … TYPE writes all rows anew, and fires no trigger.
            try conversion.refuseAltered(in: session)
            return Failure(
                .partitionConvertDrift,
                "the copy of \(label) is not what the table is: \(source.count) rows there and \(target.count) in the copy\(values)",
                detail:
                    "Something was written past the trigger that keeps the two in step. \(label) is in use as it was.",
                hint: "\(conversion.command("--undo --yes")) removes the copy; then begin again")
        }
        return Failure(
            .partitionConvertDrift,
            "there is no way back that loses nothing: of the same keys \(label) has \(source.count) rows, and the table as it was \(target.count)\(values)",
            detail:
                "A partition was dropped, detached, truncated or attached, or something was written past the trigger. \(label) is in use, partitioned; \(conversion.typedOld) is the table as it was, with rows that may be nowhere else.",
            hint:
                "put back what is missing and run the same command again; or take what is wanted out of \(conversion.typedOld), which \(conversion.command("--finish --yes")) drops"
        )
    }

    private struct Sum: Hashable {
        var count: Int64
        var hash: String
    }

    private func sum(
        _ table: SQLFragment, _ scope: KeyScope, _ follower: Follower, in session: Session
    ) throws -> Sum {
        let row = try session.row(
            """
            SELECT count(*) AS count,
                   coalesce(sum(pg_catalog.hashtextextended(ROW(\(try follower.log.key.list(columns)))::text, 0)::numeric), 0)::text AS hash
            FROM \(table) WHERE \(scope.sql)
            """)
        return try Sum(count: row.value("count"), hash: row.value("hash"))
    }
}

extension Follower {
    /// The key of the last of so many rows of the source; nil when there are no more than that.
    func lastKey(
        _ rows: Int, beyond reached: [String]?, through end: [String]? = nil, in session: Session
    ) throws -> [String]? {
        let key = log.key
        let scope = try KeyScope(key.columns, after: reached, through: end)
        return try session.rows(
            """
            SELECT ARRAY[\(try keyTexts())] AS last FROM \(source) WHERE \(scope.sql)
            ORDER BY \(try key.list(key.columns)) OFFSET \(rows - 1) LIMIT 1
            """
        ).first?.value("last")
    }

    /// Nil for a table without rows.
    func greatestKey(in session: Session) throws -> [String]? {
        let descending = try log.key.columns.map { "\(try identifier($0)) DESC" as SQLFragment }.joined(separator: ", ")
        return try session.rows(
            "SELECT ARRAY[\(try keyTexts())] AS last FROM \(source) ORDER BY \(descending) LIMIT 1"
        ).first?.value("last")
    }

    private func keyTexts() throws -> SQLFragment {
        try log.key.columns.map { "\(try identifier($0))::text" as SQLFragment }.joined(separator: ", ")
    }
}

extension TransactionMode {
    /// All statements see the same rows, and may write.
    static let frozen = TransactionMode(isolation: .repeatableRead)
}
