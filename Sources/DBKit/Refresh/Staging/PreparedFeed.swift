import Foundation
import Operations
import Postgres

/// A feed that was read, staged, compared with the target and judged: all that comes before the first write.
struct PreparedFeed: Sendable {
    var report: RefreshReport
    var delta: Delta
    var digest: String
    /// Guards, row checks and the like have refused it.
    var isRefused: Bool { report.failure != nil }
}

/// Makes a ``PreparedFeed``: on one thread, in one session.
struct FeedPreparation {
    let request: RefreshRequest
    let definition: FeedDefinition
    let files: FeedFiles
    let target: TargetTable
    let session: Session
    /// In a transaction of the caller's, with tables that go with it.
    let isPlan: Bool
    private let newReader: () throws(Failure) -> FeedReader
    private var reader: FeedReader

    init(
        _ run: RefreshRun, files: FeedFiles, target: TargetTable, session: Session, isPlan: Bool
    ) throws {
        request = run.request
        definition = run.definition
        self.files = files
        self.target = target
        self.session = session
        self.isPlan = isPlan
        newReader = { () throws(Failure) in
            try FeedReader(
                run.definition, files: files, target: target.columns, now: run.request.clock.now,
                rejectedFile: run.rejectedFile, mark: run.mark, isPlan: isPlan)
        }
        reader = try newReader()
    }

    /// - Throws: What keeps the feed from being read, or compared.
    mutating func prepare() throws -> PreparedFeed {
        do {
            do {
                return try work(leavingOutUnchanged: true)
            } catch is UnchangedRows.KeysMayRepeat {
                reader.abandon()
                reader = try newReader()
                return try work(leavingOutUnchanged: false)
            }
        } catch {
            reader.abandon()
            throw error
        }
    }

    private func work(leavingOutUnchanged: Bool) throws -> PreparedFeed {
        var report = RefreshReport(
            feed: definition.name, table: target.qualifiedName, files: files.names, isDryRun: isPlan)
        let area = try area(reader.begin())
        let source = UnchangedRows(
            reader, assets: places(of: area.assetColumns(definition), in: area),
            target: leavingOutUnchanged ? try reading(area) : nil)
        defer { source.close() }
        var staging = Staging(area, session: session, reader: reader, source: source)
        try session.atomically { _ in try staging.create() }
        try staging.load(
            progress: { rows in
                request.progress.report(Progress(phase: "read", done: rows, total: nil, unit: .items))
            }, isEnough: { reader.rejectedCount > Int64(definition.maximumRejected) + 1000 })
        source.close()
        guard !source.keysMayRepeat else {
            try session.atomically { session in _ = try session.execute("DROP TABLE \(try area.staging)") }
            throw UnchangedRows.KeysMayRepeat()
        }
        if source.leftOut > 0 || source.reason != nil {
            request.onEvent(.leftOut(rows: source.leftOut, because: source.reason))
        }
        var checks = StagedChecks(area, session: session, reader: reader)
        try patiently { _ in try checks.refuseUnmatched() }
        let tally = try reader.finish()
        report.read = tally.read
        report.rejected = tally.rejected
        report.rejects = tally.rejects
        report.rejectedFiles = tally.rejectedFiles
        report.warnings += tally.unwritten.map(\.message) + tally.earlierFiles.map { Self.earlier($0, "rejected") }
        let staged = staging.staged - checks.refused
        guard tally.read == source.leftOut + staged + tally.rejected else {
            throw Failure(
                .refreshAccounting,
                "of \(tally.read) records \(source.leftOut + staged) were compared and \(tally.rejected) rejected, which is not all of them",
                detail: "Nothing was changed.", hint: "please report this with the feed's first lines")
        }
        let isRejected = tally.rejected > Int64(definition.maximumRejected)
        // Without them nobody could tell which records the table lacks.
        if !isRejected, var failure = tally.unwritten.first {
            failure.add(detail: "Nothing was changed.")
            throw failure
        }
        var rows = StagedRows(area)
        if !tally.keysAreDistinct {
            // What was rejected is said first; then any rule counts what would come together.
            rows = try patiently { _ in
                try checks.collapse(isRejected ? .last : definition.duplicates, files: files.names)
            }
            report.collapsed = checks.collapsed
        }
        let outlook = Delta.Outlook(
            rows: staged, isInOrder: reader.keyOrders.contains(.forwards),
            followsTarget: source.followsTarget && source.leftOut > staged)
        let delta = try patiently { session in try Delta(rows, outlook, batch: definition.batch, in: session) }
        report.hintBitsWalBytes = delta.readWalBytes
        report.unchanged = source.leftOut + staged - report.collapsed - delta.rows
        report.inserted = delta.inserted
        report.updated = delta.updated
        guard report.unchanged >= 0 else {
            throw Failure(
                .refreshAccounting, "of \(staged) staged records \(delta.rows) would be written",
                detail: "Nothing was changed.", hint: "please report this with the table's definition")
        }
        if isRejected {
            report.failure = rejection(tally)
        } else {
            try session.atomically { session in
                try refuseWhatIsNotFed(delta)
                try MissingPartitions.refuse(delta, in: session)
                try judge(delta, tally, &report)
            }
        }
        return PreparedFeed(report: report, delta: delta, digest: tally.digest)
    }

    private static func earlier(_ file: String, _ what: String) -> String {
        "\(file) is of an earlier run: of this one nothing was \(what)"
    }

    /// Where every row is an asset of its own none can be left out.
    private func reading(_ area: StagingArea) throws -> TargetReading? {
        let assets = Set(area.assetColumns(definition).map(\.new))
        guard files.canBeReadAgain, !Set(area.keys.map(\.new)).isSubset(of: assets) else { return nil }
        return try TargetReading(area, beside: session, on: request.server)
    }

    private func places(of columns: [StagedColumn], in area: StagingArea) -> [Int] {
        columns.compactMap { column in area.columns.firstIndex { $0.new == column.new } }
    }

    private func patiently<T>(_ body: (Session) throws -> T) throws -> T {
        try session.patiently(request, table: target.qualifiedName, body)
    }

    private func area(_ layout: FeedLayout) throws -> StagingArea {
        var columns: [StagedColumn] = []
        for fed in layout.columns {
            let lookup = try fed.source.lookup.map {
                try ResolvedLookup($0, for: fed.target.name, of: target, in: session)
            }
            columns.append(StagedColumn(fed: fed, new: try identifier("n\(columns.count + 1)"), lookup: lookup))
        }
        return StagingArea(
            target: target, columns: columns, suffix: String(request.run.id.description.suffix(8)).lowercased(),
            isTemporary: isPlan,
            audit: try AuditColumns(definition, target: target, fed: Set(layout.columns.map(\.target.name))))
    }

    private func rejection(_ tally: FeedTally) -> Failure {
        let first =
            tally.rejects.first.map { ": \(files.names.count > 1 ? "\($0.file) " : "")line \($0.line): \($0.reason)" }
            ?? ""
        let places =
            tally.rejectedFiles.isEmpty
            ? "" : "All of them with reasons: \(tally.rejectedFiles.joined(separator: ", ")). "
        return Failure(
            .refreshRejected,
            "\(tally.rejected) of \(tally.read) records \(tally.rejected == 1 ? "was" : "were") rejected\(first)",
            detail: "\(places)Nothing was changed.",
            hint: "mend the feed; or apply the others with --max-rejected \(tally.rejected)")
    }

    /// Columns that must have a value, and for which nobody has one.
    private func refuseWhatIsNotFed(_ delta: Delta) throws {
        guard delta.inserted > 0, !target.hasRowTriggers else { return }
        let written = Set(delta.area.columns.map(\.fed.target.name))
            .union([delta.area.audit.createdAt, delta.area.audit.updatedAt].compactMap { $0 })
        let lacking = target.columns.filter {
            !$0.isNullable && !$0.hasDefault && !$0.isGenerated && !written.contains($0.name)
        }.map(\.name)
        guard lacking.isEmpty else {
            throw Failure(
                .refreshColumn,
                "\(delta.inserted) rows are new to \(target.qualifiedName), and the feed has no \(lacking.joined(separator: ", ")), which must not be NULL",
                detail: "Nothing was changed.",
                hint:
                    "add the column to the feed, or give it a default: ALTER TABLE \(target.qualifiedName) ALTER COLUMN \(lacking[0]) SET DEFAULT …"
            )
        }
    }

    private func judge(_ delta: Delta, _ tally: FeedTally, _ report: inout RefreshReport) throws {
        let look = DeltaLook(delta: delta, definition: definition, session: session)
        let today = reader.today
        report.moves = try look.moves()
        let assets = try FeedAssets(area: delta.area, definition: definition).compare(in: session)
        report.missingAssets = assets.samples
        report.missingAssetsCount = assets.missing
        var guards = RowGuards(definition.guards, today: today)
        try look.judge(&guards, today: today, files: files.names) { file, line, values, reason in
            try reader.quarantine(file: file, line: line, values: values, reason)
        }
        report.findings =
            guards.findings
            + RunGuards(definition.guards).findings(
                RunFacts(
                    matched: report.read - report.rejected - report.collapsed - delta.inserted,
                    changed: delta.updated, lastAssets: assets.last, missing: assets.missing,
                    missingSamples: assets.samples, newestDate: tally.newestDate, today: today))
        let quarantine = try reader.publishQuarantine()
        report.quarantineFiles = quarantine.files
        report.warnings +=
            quarantine.failures.map(\.message) + quarantine.earlier.map { Self.earlier($0, "held back") }
        guard let first = report.findings.first else { return }
        let more = report.findings.count > 1 ? " (and \(report.findings.count - 1) more)" : ""
        let rows = report.findings.flatMap(\.samples).prefix(10)
        let places =
            report.quarantineFiles.isEmpty ? [] : ["The rows: \(report.quarantineFiles.joined(separator: ", "))."]
        report.failure = Failure(
            .refreshGuard, "\(first.message)\(more)",
            detail: (rows + places + ["Nothing was changed."]).joined(separator: "\n"),
            hint: "look at it; if it is right: \(report.findings.map(\.override).joined(separator: " "))")
    }
}

extension AuditColumns {
    /// What the feed's definition names, else columns of a time with the usual names that the feed does not bring.
    init(_ definition: FeedDefinition, target: TargetTable, fed: Set<String>) throws {
        for (name, key) in [(definition.createdAt, "created_at"), (definition.updatedAt, "updated_at")] {
            guard let name else { continue }
            guard let column = target.column(name), !column.isGenerated else {
                throw Failure(
                    .refreshColumn,
                    "\(key) names \(name), which is no column of \(target.qualifiedName) that can be written")
            }
            guard !fed.contains(name) else {
                throw Failure(.refreshColumn, "\(key) names \(name), and the feed brings that column itself")
            }
        }
        func usual(_ name: String) -> String? {
            guard !fed.contains(name), let column = target.column(name), column.type.isTime, !column.isGenerated
            else { return nil }
            return name
        }
        // A default of its own says it better.
        createdAt =
            definition.createdAt ?? usual("created_at").flatMap { target.column($0)?.hasDefault == true ? nil : $0 }
        updatedAt = definition.updatedAt ?? usual("updated_at")
    }
}

extension Session {
    /// In a transaction, this session's or one of its own: through a pooler only there are its settings its own.
    func atomically<T>(_ body: (Session) throws -> T) throws -> T {
        isInTransaction ? try body(self) : try transaction(.readWrite, body)
    }
}
