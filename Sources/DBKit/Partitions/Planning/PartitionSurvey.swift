import Operations
import Postgres

/// One declared set beside what is there, at one moment.
struct PartitionSurvey: Sendable {
    let declaration: PartitionDeclaration
    let table: PartitionedTable
    let scheme: PartitionScheme
    let now: PartitionValue
    let plan: PartitionSetPlan
    let leftovers: [Leftover]
    /// A number in the default partition that lies too far ahead to be meant.
    let outlier: Int64?

    var isComplete: Bool {
        plan.missing.isEmpty && plan.pieces.allSatisfy { !$0.isAhead } && leftovers.isEmpty && outlier == nil
    }
    var cover: PartitionCover { PartitionCover(table.partitions) }

    /// A set, or why it cannot be worked with.
    struct Finding: Sendable {
        var declaration: PartitionDeclaration
        var result: Result<PartitionSurvey, Failure>
    }

    /// All declared sets, in a handful of queries however many they are.
    ///
    /// - Parameter table: Only this one, under whichever of its names.
    /// - Throws: `partition.not_declared`; `partition.scheme` for a table that is declared twice.
    static func read(
        _ declared: [PartitionDeclaration], only table: String? = nil, _ request: PartitionRequest, in session: Session
    ) throws -> [Finding] {
        var names = declared.map(\.table)
        if let table { names.append(table) }
        var found = try PartitionCatalog.read(names, searchPath: request.searchPath, in: session)
        var declared = declared
        let wanted = table == nil ? nil : found.popLast()
        try refuseTwice(declared, found)
        if let table, let wanted {
            let chosen = try choose(table, wanted, declared, found)
            declared = [declared[chosen]]
            found = [found[chosen]]
        }
        let leftovers = try Leftover.findAll(of: found.compactMap { try? $0.get() }, in: session)
        return try zip(declared, found).map { declaration, result in
            do {
                return Finding(
                    declaration: declaration,
                    result: .success(try survey(declaration, try result.get(), leftovers, request, in: session)))
            } catch let failure as Failure {
                return Finding(declaration: declaration, result: .failure(failure))
            } catch let error as PostgresError where session.isUsable && error.kind == .server {
                return Finding(declaration: declaration, result: .failure(Failure(error, while: declaration.table)))
            } catch { throw error }
        }
    }

    /// One set as it is now.
    static func read(
        again declaration: PartitionDeclaration, _ table: PartitionedTable, _ request: PartitionRequest,
        in session: Session
    ) throws -> PartitionSurvey {
        let table = try PartitionCatalog.reread(table, in: session)
        return try survey(declaration, table, Leftover.findAll(of: [table], in: session), request, in: session)
    }

    private static func survey(
        _ declaration: PartitionDeclaration, _ table: PartitionedTable, _ leftovers: [Int64: [Leftover]],
        _ request: PartitionRequest, in session: Session
    ) throws -> PartitionSurvey {
        guard declaration.key == table.key.column || declaration.key.lowercased() == table.key.column else {
            throw Failure(
                .partitionKey,
                "\(table.label) is partitioned by \(table.key.column), and \(declaration.origin ?? "its declaration") says by: \(declaration.key)",
                detail: "Nothing was changed.", hint: "write by: \(table.key.column)")
        }
        let scheme = try declaration.scheme(table.key.type)
        try KeyCollation.check(table, in: session)
        let newest =
            try scheme.value(at: request.clock.now).map { LargestKey(value: $0) }
            ?? LargestKey.find(in: table, declaration.step, session: session)
        let now = newest.value
        let plan = try PartitionSetPlan(
            scheme, table: table, now: now, ahead: declaration.ahead, keep: declaration.keep)
        return PartitionSurvey(
            declaration: declaration, table: table, scheme: scheme, now: now, plan: plan,
            leftovers: leftovers[table.oid] ?? [], outlier: newest.outlier)
    }

    /// However each of them is spelled.
    private static func refuseTwice(
        _ declared: [PartitionDeclaration], _ found: [Result<PartitionedTable, Failure>]
    ) throws(Failure) {
        var first: [Int64: PartitionDeclaration] = [:]
        for (declaration, result) in zip(declared, found) {
            guard let table = try? result.get() else { continue }
            if let other = first.updateValue(declaration, forKey: table.oid) {
                throw Failure(
                    .partitionScheme,
                    "\(table.label) is declared twice: \([other, declaration].map { [$0.origin, $0.table].compactMap(\.self).joined(separator: ": ") }.joined(separator: ", and "))",
                    detail: "Nothing was changed.", hint: "keep one of the two")
            }
        }
    }

    private static func choose(
        _ written: String, _ wanted: Result<PartitionedTable, Failure>, _ declared: [PartitionDeclaration],
        _ found: [Result<PartitionedTable, Failure>]
    ) throws -> Int {
        if let place = declared.firstIndex(where: { $0.table == written }) { return place }
        let oid = try wanted.get().oid
        guard let place = found.firstIndex(where: { (try? $0.get().oid) == oid }) else {
            throw Failure(
                .partitionNotDeclared, "\(written) is not declared under partitions:", detail: "Nothing was changed.",
                hint:
                    "declared are \(declared.map(\.table).joined(separator: ", ")); add an entry for \(written), as in\n"
                    + PartitionDeclaration.example)
        }
        return place
    }
}

extension PartitionDeclaration {
    /// What to write into dbctl.yaml.
    public static let example = "partitions:\n  - {table: user_attempts, by: attempted_at, every: 1 month, ahead: 3}"
}
