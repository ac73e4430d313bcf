import Operations
import Postgres

/// Which indexes of a database need a remedy, and which.
struct RepairPlan: Sendable {
    enum Kind: Sendable, Hashable {
        case drop, rebuild
        /// Of a partitioned table: what its partitions lack is built.
        case complete
        /// Somebody is at it.
        case skip
    }

    struct Remedy: Sendable, Hashable {
        var index: TableIndex
        var kind: Kind
        var why: String
    }

    private(set) var remedies: [Remedy] = []
    /// Of tables that nobody can look at.
    private(set) var unseen: [UnseenIndex] = []

    /// Tables that are locked do not keep the others from their repair.
    ///
    /// - Parameter bloat: Rebuild B-trees of which more than this share is empty.
    init(bloat: Double, in session: Session) throws {
        let locked = try LockedTables(in: session)
        let indexes = try TableIndex.all(except: locked.tables, in: session)
        try self.init(indexes, bloat: bloat, in: session)
        unseen = try UnseenIndex.read(tables: locked.tables, in: session)
    }

    init(_ indexes: [TableIndex], bloat: Double, in session: Session) throws {
        let builds = try LiveIndexBuild.all(in: session)
        for index in indexes where index.needsRepair {
            remedies.append(Self.remedy(of: index, build: builds[index.tableOID]))
        }
        // First what only has to go: a rebuild beside it would make one more.
        remedies.sort { $0.kind == .drop && $1.kind != .drop }
        for index in indexes where index.isOwn {
            guard let found = try IndexBloat.read(index, in: session), found.share >= bloat else { continue }
            remedies.append(Remedy(index: index, kind: .rebuild, why: found.why))
        }
    }

    /// Pure.
    static func remedy(of index: TableIndex, build: LiveIndexBuild?) -> Remedy {
        if let build { return skipping(index, build) }
        if index.isFromReindex {
            return Remedy(index: index, kind: .drop, why: "an interrupted REINDEX CONCURRENTLY left it")
        }
        // What DROP INDEX CONCURRENTLY has taken out of use cannot come back.
        if !index.isLive {
            return Remedy(index: index, kind: .drop, why: "an interrupted DROP INDEX CONCURRENTLY left it")
        }
        if index.wasInUse {
            return Remedy(
                index: index, kind: .skip,
                why:
                    "it was in use until somebody began to drop it: `dbctl index drop \(index.label) --yes` finishes that, `REINDEX INDEX CONCURRENTLY \(index.label)` takes that back"
            )
        }
        guard !index.isPartitioned else {
            return Remedy(index: index, kind: .complete, why: "not every partition has its own: no query relies on it")
        }
        return Remedy(index: index, kind: .rebuild, why: index.harm)
    }
}

extension RepairPlan {
    static func skipping(_ index: TableIndex, _ build: LiveIndexBuild) -> Remedy {
        Remedy(index: index, kind: .skip, why: "pid \(build.pid) is building on its table")
    }
}

extension RepairPlan.Remedy {
    var query: Query {
        get throws(PostgresError) {
            switch kind {
            case .drop: try index.dropStatement
            case .complete:
                "CREATE INDEX CONCURRENTLY … on each partition of \(ServerText(catalog: index.tableLabel)), and ATTACH"
            case .rebuild, .skip: try index.rebuildStatement
            }
        }
    }

    func change(_ state: IndexChange.State) throws -> IndexChange {
        var change = IndexChange(
            schema: index.tableSchema, table: index.tableName, name: index.name, state: kind == .skip ? .skipped : state
        )
        change.statement = kind == .skip ? nil : try query.text
        change.sizeBytes = index.sizeBytes
        change.note = why
        return change
    }
}
