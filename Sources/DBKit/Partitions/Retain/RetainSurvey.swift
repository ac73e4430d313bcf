import Foundation
import Operations
import Postgres

/// One set at one moment: what is past keeping, and what earlier runs have not finished.
struct RetainSurvey: Sendable {
    let expiry: PartitionExpiry
    let table: PartitionedTable
    /// Nil where everything is kept.
    let cut: RetainCut?
    let plan: RetainPlan
    /// Detached by an earlier run, and not yet what they are to become. The oldest first.
    let unfinished: [MarkedTable]
    /// Partitions with a mark that are not to be retired any more.
    let stale: [MarkedTable]

    /// A set, or why it cannot be worked with.
    struct Finding: Sendable {
        var expiry: PartitionExpiry
        var result: Result<RetainSurvey, Failure>
    }

    var isEmpty: Bool { plan.expired.isEmpty && plan.pending.isEmpty && unfinished.isEmpty && stale.isEmpty }

    /// Which of the sets are meant.
    ///
    /// - Parameters:
    ///   - table: Only this one, under whichever of its names.
    ///   - undeclared: What becomes of it where nobody has declared it.
    /// - Throws: `partition.not_declared`, `partition.table_not_found`
    static func choose(
        _ sets: [PartitionExpiry], only table: String?, undeclared: PartitionExpiry?, _ request: PartitionRequest,
        in session: Session
    ) throws -> [PartitionExpiry] {
        guard let table else { return sets }
        if let named = sets.first(where: { $0.table == table }) { return [named] }
        let found = try PartitionCatalog.read(
            [table] + sets.map(\.table), searchPath: request.searchPath, in: session)
        let oid = try found[0].get().oid
        if let place = found.dropFirst().firstIndex(where: { (try? $0.get().oid) == oid }) { return [sets[place - 1]] }
        if let undeclared { return [undeclared] }
        throw Failure(
            .partitionNotDeclared, "\(table) is not declared under partitions:", detail: "Nothing was changed.",
            hint:
                "say what to keep of it: dbctl partition retain --table \(ShellWord.quoted(table)) --keep '24 months' --on-expire detach"
        )
    }

    static func read(
        _ sets: [PartitionExpiry], _ request: PartitionRequest, in session: Session
    ) throws -> [Finding] {
        let found = try PartitionCatalog.read(sets.map(\.table), searchPath: request.searchPath, in: session)
        return try zip(sets, found).map { expiry, result in
            do {
                return Finding(
                    expiry: expiry,
                    result: .success(try RetainSurvey(expiry, try result.get(), request, in: session)))
            } catch let failure as Failure {
                return Finding(expiry: expiry, result: .failure(failure))
            } catch let error as PostgresError where session.isUsable && error.kind == .server {
                return Finding(expiry: expiry, result: .failure(Failure(error, while: expiry.table)))
            } catch { throw error }
        }
    }

    /// The same set as it is now.
    func again(_ request: PartitionRequest, in session: Session) throws -> RetainSurvey {
        try RetainSurvey(expiry, PartitionCatalog.reread(table, in: session), request, in: session)
    }

    private init(
        _ expiry: PartitionExpiry, _ table: PartitionedTable, _ request: PartitionRequest, in session: Session
    ) throws {
        if let key = expiry.key, key != table.key.column, key.lowercased() != table.key.column {
            throw Failure(
                .partitionKey,
                "\(table.label) is partitioned by \(table.key.column), and \(expiry.origin ?? "its declaration") says by: \(key)",
                detail: "Nothing was changed.", hint: "write by: \(table.key.column)")
        }
        try KeyCollation.check(table, in: session)
        self.expiry = expiry
        self.table = table
        let cut = try expiry.keep.flatMap { keep in
            try RetainCut.find(
                expiry, keep: keep, table: table, moment: try Self.moment(request, in: session),
                largest: {
                    try LargestKey.requireReadable(table, in: session)
                    return try LargestKey.ofPartitions(table, session).map { .number($0) }
                })
        }
        self.cut = cut
        plan = RetainPlan(table.partitions, cut: cut?.value, now: cut?.now ?? .number(.min))
        let marked = try MarkedTable.find(of: table, in: session)
        unfinished = marked.filter { !$0.isAttached }
        let live = Set((plan.expired + plan.pending).map(\.oid))
        stale = marked.filter { $0.isAttached && !live.contains($0.oid) }
    }

    /// The earlier of this machine's clock and the server's: a clock that runs ahead must not make everything old.
    private static func moment(_ request: PartitionRequest, in session: Session) throws -> Date {
        let row = try session.row("SELECT extract(epoch FROM pg_catalog.clock_timestamp())::float8 AS now")
        return min(request.clock.now, Date(timeIntervalSince1970: try row.value("now")))
    }
}
