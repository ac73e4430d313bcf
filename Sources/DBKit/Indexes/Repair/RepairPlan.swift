import Postgres

/// Which indexes of a database need a remedy, and which.
struct RepairPlan: Sendable {
    enum Kind: Sendable, Hashable {
        case drop, rebuild
        /// Somebody is at it.
        case skip
    }

    struct Remedy: Sendable, Hashable {
        var index: TableIndex
        var kind: Kind
        var why: String
    }

    private(set) var remedies: [Remedy] = []

    init(bloat: Double?, in session: Session) throws {
        let indexes = try TableIndex.all(in: session)
        var builds: [Int64: LiveBuild?] = [:]
        for index in indexes where index.isLeftover {
            if builds[index.tableOID] == nil {
                builds[index.tableOID] = .some(try LiveBuild.find(on: index.tableOID, in: session))
            }
            remedies.append(Self.remedy(of: index, build: builds[index.tableOID] ?? nil))
        }
        guard let bloat else { return }
        for index in indexes {
            guard let found = try IndexBloat.read(index, in: session), found.share >= bloat else { continue }
            remedies.append(Remedy(index: index, kind: .rebuild, why: found.why))
        }
    }

    /// Pure.
    static func remedy(of index: TableIndex, build: LiveBuild?) -> Remedy {
        if let build { return Remedy(index: index, kind: .skip, why: "pid \(build.pid) is building on its table") }
        if index.isFromReindex {
            return Remedy(index: index, kind: .drop, why: "an interrupted REINDEX CONCURRENTLY left it")
        }
        // What DROP INDEX CONCURRENTLY has taken out of use cannot come back.
        if !index.isLive {
            return Remedy(index: index, kind: .drop, why: "an interrupted DROP INDEX CONCURRENTLY left it")
        }
        return Remedy(index: index, kind: .rebuild, why: "INVALID: no query can use it, and every write pays for it")
    }
}

extension RepairPlan.Remedy {
    var query: Query {
        get throws(PostgresError) {
            kind == .drop
                ? "DROP INDEX CONCURRENTLY \(try index.sql())" : "REINDEX INDEX CONCURRENTLY \(try index.sql())"
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

/// How much of an index is empty, by an estimate of what it would be when it is new.
struct IndexBloat: Sendable {
    /// Of its size, 0 to 1.
    var share: Double
    var why: String

    /// A small one is rebuilt by itself soon enough, and the estimate is no better than the statistics.
    private static let smallest: Int64 = 1 << 20

    static func read(_ index: TableIndex, in session: Session) throws -> IndexBloat? {
        guard index.isUsable, !index.isPartitioned, index.definition.method == "btree", index.sizeBytes > smallest
        else { return nil }
        guard let kind = IndexedTable.Kind(rawValue: index.tableKind) else { return nil }
        let table = IndexedTable(
            oid: index.tableOID, schema: index.tableSchema, name: index.tableName, kind: kind, root: index.tableOID,
            columns: [])
        let fresh: Int64
        do {
            fresh = try IndexEstimate.read(index.oid, index.definition, of: table, in: session).bytes
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return nil
        } catch { throw error }
        let share = 1 - Double(fresh) / Double(index.sizeBytes)
        guard share > 0 else { return nil }
        return IndexBloat(
            share: share,
            why:
                "about \(Int(share * 100)) % of it is empty: a new one would take \(fresh >> 20) MiB, by the statistics"
        )
    }
}
