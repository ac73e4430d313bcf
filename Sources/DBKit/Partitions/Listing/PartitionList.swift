public import Operations
import Postgres

/// A partition of `dbctl partition list`.
public struct ListedPartition: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable {
        case past, current, future
        /// Takes what no other does.
        case fallback = "default"
        /// Half detached: it takes no rows.
        case detaching
        /// Bounds that are not understood.
        case other
    }

    public var table: String
    public var schema: String
    public var name: String
    public var state: State
    public var lower: String?
    public var upper: String?
    /// As the server writes them.
    public var bounds: String
    /// Nil where no ANALYZE has looked yet.
    public var rowEstimate: Int64?
    public var sizeBytes: Int64

    enum CodingKeys: String, CodingKey {
        case table, schema, name, state, lower, upper, bounds
        case rowEstimate = "row_estimate"
        case sizeBytes = "size_bytes"
    }
}

public struct PartitionListReport: Sendable, Encodable {
    public var partitions: [ListedPartition]
    public var failure: Failure?

    enum CodingKeys: String, CodingKey { case partitions }
}

/// `dbctl partition list`
public struct PartitionList: Sendable {
    public var request: PartitionRequest
    public var declared: [PartitionDeclaration]
    public var table: String?

    public init(_ request: PartitionRequest, declared: [PartitionDeclaration]) {
        self.request = request
        self.declared = declared
    }

    public func run() async throws -> PartitionListReport {
        try await PartitionSite.look(request) { connection in
            try await connection.run { session in
                let findings = try PartitionSurvey.read(declared, only: table, request, in: session)
                var failures = SetFailures()
                var partitions: [ListedPartition] = []
                for finding in findings {
                    do {
                        partitions += try list(try finding.result.get(), in: session)
                    } catch let failure as Failure { failures.add(finding.declaration.table, failure) }
                }
                return PartitionListReport(
                    partitions: partitions,
                    failure: failures.combined(sets: findings.count))
            }
        }
    }

    private func list(_ survey: PartitionSurvey, in session: Session) throws -> [ListedPartition] {
        let oids = survey.table.partitions.map(\.oid)
        var sizes: [Int64: (bytes: Int64, rows: Double?)] = [:]
        for row in try session.rows(Query(embedded: PackageResources.partition_sizes_sql, binds: [oids])) {
            sizes[try row.value("oid")] = (try row.value("size_bytes"), try row.value("row_estimate"))
        }
        return survey.table.partitions.map { partition in
            ListedPartition(
                table: survey.table.label, schema: partition.schema, name: partition.name,
                state: partition.state(survey), lower: partition.bounds.range?.lower.stamp(survey.scheme.key),
                upper: partition.bounds.range?.upper.stamp(survey.scheme.key), bounds: partition.boundsText,
                rowEstimate: sizes[partition.oid]?.rows.map { Int64($0) }, sizeBytes: sizes[partition.oid]?.bytes ?? 0)
        }
    }
}

extension Partition {
    fileprivate func state(_ survey: PartitionSurvey) -> ListedPartition.State {
        if isDetachPending { return .detaching }
        switch bounds {
        case .fallback: return .fallback
        case .other: return .other
        case .range(let range):
            if range.contains(survey.now) { return .current }
            return range.lower > .value(survey.now) ? .future : .past
        }
    }
}
