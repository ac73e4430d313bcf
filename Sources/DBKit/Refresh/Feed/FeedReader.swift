public import Foundation
public import Operations
import Storage

/// Reads the files of a feed one after another and hands out rows as COPY text, each checked (R3, R4).
///
/// Used on one thread, inside a synchronous body. Memory is bounded by the longest record, and by what is remembered of
/// keys.
public final class FeedReader {
    private let definition: FeedDefinition
    private let files: FeedFiles
    private let columns: FeedColumns
    private let rules: MomentRules
    private let rejected: RefusedFiles
    private let quarantined: RefusedFiles
    private var digest = FeedDigest()
    private var tally = FeedTally()
    private var layout: FeedLayout?
    /// Nil until the columns are known.
    private var check: RowCheck?
    private var current: FeedFile?
    private var faces: [FeedFace] = []
    private var isRead = false

    private static let rejectsShown = 20
    private static let usualChunk = 256 << 10

    /// - Parameters:
    ///   - target: Its columns, in their order.
    ///   - rejectedFile: Where rejected records go; nil: beside each file, and nowhere for standard input.
    ///   - mark: Stands in the names of files beside those of the feed.
    ///   - isPlan: Nothing is written that nobody asked for.
    /// - Throws: `refresh.column` where the definition does not fit the target.
    public init(
        _ definition: FeedDefinition, files: FeedFiles, target: [TargetColumn], now: Date, rejectedFile: String?,
        mark: String? = nil, isPlan: Bool = false
    ) throws(Failure) {
        if let rejectedFile { try Self.check(rejectedFile, files) }
        self.definition = definition
        self.files = files
        columns = try FeedColumns(definition, target: target)
        rules = try MomentRules(timezone: definition.timezone, now: now)
        let marked = mark.map { ".\($0)" } ?? ""
        rejected = RefusedFiles(files, suffix: "\(marked).rejected.csv", shared: rejectedFile, isPlan: isPlan)
        quarantined = RefusedFiles(files, suffix: "\(marked).quarantine.csv", shared: nil, isPlan: isPlan)
    }

    /// What is written is renamed into its place: whatever was there is gone then.
    private static func check(_ rejectedFile: String, _ files: FeedFiles) throws(Failure) {
        if files.names.contains(where: { Folder.isSameFile($0, rejectedFile) }) {
            throw Failure(
                .refreshFiles, "--rejected \(rejectedFile) is a file of the feed, and would be written over",
                hint: "name another file; without --rejected it is \(files.names[0]).rejected.csv")
        }
        guard !Folder.isSpecial(rejectedFile) else {
            throw Failure(.cannotCreate, "--rejected \(rejectedFile) is no regular file", hint: "name another file")
        }
    }

    /// Opens the first file, finds out format and dialect, and maps its header onto the target.
    ///
    /// - Throws: `refresh.format`, `refresh.header`, `refresh.empty` (R4).
    public func begin() throws -> FeedLayout {
        let face = try openFile(0)
        let layout = FeedLayout(columns: face.map.columns, format: face.format, dialect: face.dialect)
        self.layout = layout
        check = RowCheck(layout.columns, definition, rules)
        use(face)
        return layout
    }

    /// The next rows; nil at the end of the last file.
    ///
    /// A chunk comes of about 128 KiB of the file, and is seldom longer than 256 KiB.
    public func next() throws -> FeedChunk? {
        while let file = current {
            let (chunk, hasMore) = try chunk(of: file)
            if !hasMore { try openNext(after: file) }
            if !chunk.rows.isEmpty { return chunk }
        }
        if !isRead {
            isRead = true
            tally.keysAreDistinct = check?.keysAreDistinct() ?? false
            tally.newestDate = check?.newest?.text
        }
        return nil
    }

    /// A row that the server did not take after all.
    public func reject(_ row: Int, of chunk: FeedChunk, _ reason: String) throws(Failure) {
        let row = chunk.rows[row]
        try reject(faces[row.file], line: row.line, reason, record: Array(chunk.raw[row.raw]))
    }

    /// A staged row that is refused later.
    ///
    /// - Parameters:
    ///   - file: As it was staged.
    ///   - values: Of the staged columns, as text; nil is NULL.
    public func reject(file: Int, line: Int, values: [String: String?], _ reason: String) throws(Failure) {
        try reject(faces[file], line: line, reason, record: faces[file].record(values))
    }

    /// How the keys so far follow one another.
    var keyOrders: Set<KeyOrder> { check?.keyOrders ?? [] }

    /// Whether a key comes twice is for the server to say; false before the end: so far nobody has to ask it.
    var keysMayRepeat: Bool { isRead ? !tally.keysAreDistinct : check?.keysMayRepeat ?? true }

    /// So far; more may follow until ``finish()``.
    public var rejectedCount: Int64 { tally.rejected }

    /// The day in the feed's time zone, ISO.
    public var today: String { rules.today.text }

    /// A staged row that a guard holds back. Also after ``finish()``.
    public func quarantine(file: Int, line: Int, values: [String: String?], _ reason: String) throws(Failure) {
        try quarantined.add(faces[file], line: line, reason: reason, record: faces[file].record(values))
    }

    /// Makes the files of the rows appear that a guard holds back.
    ///
    /// - Returns: Their names, what kept one from being written, and which are of an earlier run.
    public func publishQuarantine() throws(Failure) -> (files: [String], failures: [Failure], earlier: [String]) {
        let files = try quarantined.publish()
        return (files, quarantined.failures, quarantined.left(beside: files))
    }

    /// Makes the files of rejected records appear, and says what was read.
    public func finish() throws(Failure) -> FeedTally {
        tally.rejectedFiles = try rejected.publish()
        tally.unwritten = rejected.failures
        tally.earlierFiles = rejected.left(beside: tally.rejectedFiles)
        tally.digest = digest.hex
        return tally
    }

    /// Removes half-written files; for every way out that is not ``finish()``.
    public func abandon() {
        rejected.abandon()
        quarantined.abandon()
        current = nil
    }

    private func chunk(of file: FeedFile) throws -> (FeedChunk, hasMore: Bool) {
        var chunk = FeedChunk(bytes: [], rows: [], raw: [])
        chunk.bytes.reserveCapacity(Self.usualChunk)
        var read: Int64 = 0
        // Moved out and back: to write to a property of an object costs more than to check a value.
        guard var check = check.take() else { return (chunk, false) }
        defer {
            self.check = check
            tally.read += read
        }
        let index = file.face.index
        let hasMore = try file.next(&digest) { record, isPlain in
            read += 1
            let start = chunk.bytes.count
            let problem = isPlain ? nil : TextCheck.problem(record, definition.encoding)
            if let problem = problem ?? check.write(record, file: index, to: &chunk.bytes) {
                return try reject(
                    file.face, line: record.line, problem, record: Array(record.buffer[record.start..<record.end]))
            }
            if chunk.rows.isEmpty { chunk.raw = record.buffer }
            chunk.rows.append(
                FeedChunk.Row(
                    line: record.line, start: UInt32(start), end: UInt32(chunk.bytes.count),
                    rawStart: UInt32(record.start), rawEnd: UInt32(record.end), fileIndex: UInt32(index)))
        }
        return (chunk, hasMore)
    }

    private func reject(_ face: FeedFace, line: Int, _ reason: String, record: [UInt8]) throws(Failure) {
        tally.rejected += 1
        if tally.rejects.count < Self.rejectsShown {
            tally.rejects.append(RejectedRecord(file: face.name, line: line, reason: reason))
        }
        try rejected.add(face, line: line, reason: reason, record: record)
    }

    private func openFile(_ index: Int) throws -> FeedFace {
        let file = try FeedFile(index, of: files, columns, &digest)
        current = file
        faces.append(file.face)
        return file.face
    }

    private func openNext(after file: FeedFile) throws {
        let index = file.face.index + 1
        guard index < files.names.count else {
            current = nil
            return
        }
        let face = try openFile(index)
        let names = face.map.columns.map(\.target.name)
        let others = faces[0].map.columns.map(\.target.name)
        guard names == others else {
            let odd = Set(names).symmetricDifference(others).sorted().joined(separator: ", ")
            throw Failure(
                .refreshHeader, "\(faces[0].name) and \(face.name) do not have the same columns: \(odd)",
                hint: "load them one by one, or only what both have: --columns")
        }
        use(face)
    }

    private func use(_ face: FeedFace) {
        check?.fields = face.map.fields
        check?.width = face.map.width
    }
}
