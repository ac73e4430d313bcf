import Operations
import Postgres

/// Copies a table into the partitioned one, in the order of its key, in transactions of a fifth of a second.
struct TableCopy: Sendable {
    let request: PartitionRequest
    let specification: ConvertSpecification
    let connection: Connection
    let lock: JobLock
    let table: ConvertedTable
    let partitions: TargetPartitions

    /// Until every row that was there when the trigger came is in the copy.
    ///
    /// - Parameters:
    ///   - conversion: Where it is; after each transaction the row of `dbctl.conversions` says the same.
    ///   - follower: Its coverage grows with the partitions that are added.
    func run(_ conversion: inout Conversion, _ follower: inout Follower) async throws {
        // Rows that came between the plan and the trigger.
        let ends = try await connection.run { session in
            try KeyEnds.read(of: table, specification.key, partitions.scheme.key, in: session)
        }
        follower.coverage?.range = try await partitions.cover(ends, through: connection)
        // What comes behind it has an entry in the log; else a copy that is slower than those who insert would never end.
        let end = try await connection.run { [follower] in try follower.greatestKey(in: $0) }
        var pace = CopyPace(most: specification.batch)
        var isDone = false
        while !isDone {
            try await lock.check()
            let begun = ContinuousClock.now
            let (reached, step) = (conversion, pace.rows)
            let result: (conversion: Conversion, copied: Int64, isLast: Bool)
            do {
                result = try await PatientRetry(request, table.label).run { [follower] in
                    try await connection.run { session in
                        try copy(step, beyond: reached, through: end, follower, in: session)
                    }
                }
            } catch let beyond as Follower.Uncovered {
                follower.coverage?.range = try await partitions.cover(beyond.ends, through: connection)
                continue
            }
            conversion = result.conversion
            isDone = result.isLast
            let took = ContinuousClock.now - begun
            pace.took(took, for: result.copied)
            request.progress.report(
                Progress(
                    phase: "copy", done: conversion.rowsCopied,
                    total: table.rowEstimate.map { max($0, conversion.rowsCopied) },
                    unit: .items, note: table.label))
            try await Task.sleep(
                for: CopyPace.rest(after: took, copied: result.copied, rate: specification.maximumRate))
            try await awaitStandbys()
        }
    }

    private func copy(
        _ rows: Int, beyond conversion: Conversion, through end: [String]?, _ follower: Follower, in session: Session
    ) throws -> (conversion: Conversion, copied: Int64, isLast: Bool) {
        try session.transaction(.frozen) { session in
            // A crash of the server may lose the last of these transactions, the note of them included.
            try session.execute("SET LOCAL synchronous_commit = off")
            try follower.follow(in: session)
            let last = try follower.lastKey(rows, beyond: conversion.reached, through: end, in: session)
            let key = follower.log.key
            let scope = try KeyScope(key.columns, after: conversion.reached, through: last ?? end)
            let query: Query = """
                INSERT INTO \(follower.target) (\(try follower.list())) OVERRIDING SYSTEM VALUE
                SELECT \(try follower.list()) FROM \(follower.source) WHERE \(scope.sql)
                ON CONFLICT (\(try key.list(key.all))) DO NOTHING
                """
            let copied = Int64(try session.execute(query))
            // Rows that the log has brought already are what they are in this very snapshot.
            var next = conversion
            try next.reach(last ?? conversion.reached, copied: copied, in: session)
            return (next, copied, last == nil)
        }
    }

    /// A standby that is far behind answers queries with the past, and loses it all when it has to take over.
    private func awaitStandbys() async throws {
        let limit = specification.maximumLag / .seconds(1)
        while true {
            let lag: Double = try await connection.run { session in
                try session.row(
                    "SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float8 AS lag FROM pg_catalog.pg_stat_replication"
                ).value("lag")
            }
            guard lag > limit else { return }
            request.onEvent(.note("a standby is \(Int(lag)) s behind: the copy waits for it"))
            try await Task.sleep(for: .seconds(1))
        }
    }
}
