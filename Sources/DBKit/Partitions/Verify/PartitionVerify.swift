import Foundation
import Operations
import Postgres

/// `dbctl partition verify`: gaps, bounds, names, what lies ahead, rows in the default partition, and everything that a
/// partition should have like its parent. It changes nothing.
public struct PartitionVerify: Sendable {
    public var request: PartitionRequest
    public var declared: [PartitionDeclaration]
    public var table: String?

    public init(_ request: PartitionRequest, declared: [PartitionDeclaration]) {
        self.request = request
        self.declared = declared
    }

    public func run() async throws -> PartitionVerifyReport {
        try await PartitionSite.look(request) { connection in
            let findings = try await connection.run { session in
                try PartitionSurvey.read(declared, only: table, request, in: session)
            }
            var report = PartitionVerifyReport(findings: [], compared: 0)
            var failures = SetFailures()
            for finding in findings {
                // One that cannot be looked at does not hide the others. What may not be seen is no answer, neither yes nor no.
                func note(_ failure: Failure, _ table: String) {
                    guard failure.category != .authentication else { return failures.add(table, failure) }
                    report.findings.append(
                        PartitionFinding(
                            code: .set, table: table, message: failure.message,
                            command: failure.hint ?? "dbctl explain \(failure.code.name)"))
                }
                do {
                    let survey = try finding.result.get()
                    do {
                        report.findings += try await connection.run { session in
                            try SetFindings(survey).all(in: session)
                        }
                        report.compared += survey.table.partitions.count
                    } catch let failure as Failure {
                        note(failure, survey.table.label)
                    } catch let error as PostgresError where error.kind == .server {
                        note(Failure(describing: error), survey.table.label)
                    }
                } catch let failure as Failure { note(failure, finding.declaration.table) }
            }
            report.failure = failures.combined(sets: findings.count)
            return report
        }
    }
}

/// What is not as it should be in one set.
private struct SetFindings {
    let survey: PartitionSurvey
    private var table: PartitionedTable { survey.table }

    init(_ survey: PartitionSurvey) { self.survey = survey }

    /// So many relations at a time: each is a document of some kilobytes.
    private static let batch = 200

    func all(in session: Session) throws -> [PartitionFinding] {
        let found = try ranges() + partitions() + retired(in: session) + stray(in: session) + drift(in: session)
        // Typed in their order, each finds the partition under the name that it has now.
        return found.filter { $0.code != .name } + found.filter { $0.code == .name }
    }

    private func finding(
        _ code: PartitionFinding.Code, _ partition: Partition? = nil, _ message: String, _ command: String
    ) -> PartitionFinding {
        PartitionFinding(
            code: code, table: table.label, partition: partition?.label, message: message, command: command)
    }

    private var ensure: String { "dbctl partition ensure --table \(table.quoted)" }

    private func ranges() throws -> [PartitionFinding] {
        let key = survey.scheme.key
        var found = survey.plan.missing.map { wanted in
            let isAhead = wanted.range.upper > survey.plan.current.lower
            return finding(
                isAhead ? .future : .gap, nil,
                "\(wanted.range.text(key)) of \(table.label) has no partition\(isAhead ? "" : ", and its neighbours have")",
                ensure)
        }
        for piece in survey.plan.pieces where piece.beside?.isDetachPending != true {
            found.append(
                finding(
                    .piece, piece.beside,
                    "\(piece.range.text(key)) of \(table.label) has no partition, and is no whole range of \(survey.declaration.step)",
                    "\(try survey.filling(piece));"))
        }
        for leftover in survey.leftovers {
            found.append(
                finding(
                    .leftover, nil,
                    leftover.sentence, ensure))
        }
        return found
    }

    private func partitions() throws -> [PartitionFinding] {
        var found: [PartitionFinding] = []
        for partition in table.partitions {
            if partition.isDetachPending {
                found.append(
                    finding(
                        .detaching, partition, "\(partition.label) is half detached: rows of its range are refused",
                        "ALTER TABLE \(table.typed) DETACH PARTITION \(partition.typed) FINALIZE;"))
            }
            if partition.kind == .foreign {
                found.append(
                    finding(
                        .foreign, partition, "\(partition.label) lies on another server",
                        "dbctl compares nothing of it; ALTER TABLE \(table.typed) DETACH PARTITION \(partition.typed) if it is not meant"
                    ))
            }
            guard let range = partition.bounds.range, !isBeginning(range) else { continue }
            guard survey.scheme.fits(range) else {
                found.append(
                    finding(
                        .bounds, partition,
                        "\(partition.label) has \(range.text(survey.scheme.key)), which is no range of \(survey.declaration.step) in \(TimeZone.spelled(survey.scheme.zone.identifier))",
                        "leave it, if it is meant: dbctl works around it; else correct every: or timezone: of \(survey.declaration.origin ?? "dbctl.yaml")"
                    ))
                continue
            }
            let name = try survey.scheme.name(of: range, table: table.name)
            if name != partition.name {
                found.append(
                    finding(
                        .name, partition, "\(partition.label) would be called \(name)",
                        "ALTER TABLE \(partition.typed) RENAME TO \(try identifier(name).typed);"))
            }
        }
        return found
    }

    /// Everything before a bound of the scheme in one partition, as `convert --strategy attach` leaves it.
    private func isBeginning(_ range: PartitionRange) -> Bool {
        guard range.lower == .minimum, case .value(let end) = range.upper else { return false }
        return survey.scheme.range(containing: end)?.lower == range.upper
    }

    /// Detached by a `retain` that did not come to its end.
    private func retired(in session: Session) throws -> [PartitionFinding] {
        try MarkedTable.find(of: table, in: session).filter { !$0.isAttached }.map { marked in
            finding(
                .leftover, nil,
                "\(marked.label) was detached from \(table.label) to be retired, and is still there with all its rows",
                "dbctl partition retain --table \(table.quoted) --yes")
        }
    }

    private func stray(in session: Session) throws -> [PartitionFinding] {
        guard let fallback = table.fallback else { return [] }
        try ReadableTable.require(
            fallback.oid, "\(fallback.label), in which rows may lie that belong elsewhere", fallback.typed, in: session)
        return try StrayGroup.read(survey, fallback, in: session).map { group in
            finding(.stray, fallback, group.sentence(fallback), try group.remedy(survey, fallback))
        }
    }

    private func drift(in session: Session) throws -> [PartitionFinding] {
        let children = table.partitions.filter { $0.kind != .foreign && !$0.isDetachPending }
        guard let parent = try RelationTraits.read([table.oid], in: session)[table.oid] else { return [] }
        let usual = try UsualTraits.read(children, in: session)
        var found: [PartitionFinding] = []
        for part in Self.batches(children) {
            let traits = try RelationTraits.read(part.map(\.oid), in: session)
            for child in part {
                guard let own = traits[child.oid] else { continue }
                let differences =
                    try Inheritance(of: own, from: parent, .attached).differences()
                    + Peculiarities(
                        of: own, among: parent, key: table.key.column, usual: usual,
                        isBeginning: child.bounds.range.map(isBeginning) ?? false
                    ).differences()
                for difference in differences {
                    let command = difference.statements.map { "\($0.text);" }.joined(separator: "\n")
                    found.append(
                        finding(
                            PartitionFinding.Code(rawValue: difference.trait.rawValue) ?? .column, child,
                            difference.message,
                            command.isEmpty ? "no statement mends it: detach \(child.typed), and look at it" : command))
                }
            }
        }
        return found + incomplete(parent)
    }

    /// Behind what its partitions lack: with the last of those it becomes valid by itself.
    private func incomplete(_ parent: RelationTraits) -> [PartitionFinding] {
        parent.indexes.filter { !$0.isValid }.map { index in
            finding(
                .index, nil,
                "\(parent.schema).\(index.name) of \(parent.label) is not valid: not every partition has its own, attached to it",
                "dbctl index repair")
        }
    }

    private static func batches(_ partitions: [Partition]) -> [ArraySlice<Partition>] {
        stride(from: 0, to: partitions.count, by: batch).map { partitions[$0..<min($0 + batch, partitions.count)] }
    }
}
