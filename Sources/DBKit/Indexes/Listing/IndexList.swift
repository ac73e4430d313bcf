import Operations
import Postgres

/// An index of `dbctl index list`.
public struct ListedIndex: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable {
        case valid
        /// Left by a build that did not come to its end.
        case invalid
        /// Somebody is building on its table at this moment.
        case building
        /// A partitioned one: not every partition has its own.
        case incomplete
    }

    public var schema: String
    public var table: String
    public var name: String
    public var state: State
    public var method: String
    public var isUnique: Bool
    public var isPrimary: Bool
    public var definition: String
    public var constraint: String?
    public var sizeBytes: Int64
    /// Since the statistics were reset.
    public var scans: Int64

    enum CodingKeys: String, CodingKey {
        case schema, table, name, state, method, definition, constraint, scans
        case isUnique = "is_unique"
        case isPrimary = "is_primary"
        case sizeBytes = "size_bytes"
    }
}

public struct IndexListReport: Sendable, Hashable, Codable {
    public var indexes: [ListedIndex]
}

/// `dbctl index list`
public struct IndexList: Sendable {
    public var request: IndexRequest

    public init(_ request: IndexRequest) {
        self.request = request
    }

    /// - Parameter table: Nil for all. Of a partitioned table's indexes, those of its partitions are part.
    public func run(table: String?) async throws -> IndexListReport {
        var settings = request.readerSettings
        // The table's name is looked for in it.
        settings.searchPath = request.searchPath
        return try await Connection.with(request.server, settings: settings) {
            connection in
            try await PatientLook(request, connection, wait: .zero).run { session in
                let found =
                    if let table {
                        try TableIndex.read(tables: [IndexedTable.find(table, in: session).oid], in: session)
                    } else {
                        try TableIndex.all(in: session).filter { $0.parent == nil }
                    }
                let builds = try LiveIndexBuild.all(in: session)
                return IndexListReport(
                    indexes: found.map { index in
                        // Which index it is, not every role may see.
                        let build = builds[index.tableOID].map { $0.indexOID ?? index.oid }
                        return ListedIndex(index, isBuilding: build == index.oid)
                    })
            }
        }
    }
}

extension ListedIndex {
    init(_ index: TableIndex, isBuilding: Bool) {
        let state: State =
            index.isUsable ? .valid : index.isPartitioned ? .incomplete : isBuilding ? .building : .invalid
        self.init(
            schema: index.tableSchema, table: index.tableName, name: index.name, state: state,
            method: index.definition.method, isUnique: index.definition.isUnique, isPrimary: index.isPrimary,
            definition: index.text, constraint: index.constraint?.name, sizeBytes: index.sizeBytes,
            scans: index.scans)
    }
}
