import Operations
import Storage

/// The files of refused records of a run: one beside each file of the feed, or one for all.
final class RefusedFiles {
    private let suffix: String
    /// Where somebody wants them, whatever file they come from.
    private let shared: String?
    /// A plan leaves no file that nobody asked for; nor is there a place beside standard input.
    private let hasPlace: Bool
    private let isOneFile: Bool
    private let names: [String]
    private var open: [String: RefusedRecords] = [:]
    private var failed: Set<String> = []
    /// Why records are not written down, one for each file.
    private(set) var failures: [Failure] = []

    /// - Parameters:
    ///   - suffix: Behind the name of the feed's file.
    ///   - shared: One file for all of them.
    ///   - isPlan: Only what is shared is written.
    init(_ files: FeedFiles, suffix: String, shared: String?, isPlan: Bool) {
        self.suffix = suffix
        self.shared = shared
        hasPlace = !files.isStandardInput && !isPlan
        isOneFile = files.names.count == 1
        names = files.names
    }

    /// - Parameter record: As it stands in the file.
    /// - Throws: Where the file that was asked for cannot be written; of one beside the feed ``failures`` tells.
    func add(_ face: FeedFace, line: Int, reason: String, record: [UInt8]) throws(Failure) {
        guard let path = shared ?? (hasPlace ? face.name + suffix : nil), !failed.contains(path) else { return }
        do throws(Failure) {
            if open[path] == nil { open[path] = try RefusedRecords(path, header: header(face)) }
            try open[path]?.write(self.line(face, line, reason, record))
        } catch {
            try giveUp(path, error)
        }
    }

    /// Makes the files appear.
    ///
    /// - Returns: Their names.
    func publish() throws(Failure) -> [String] {
        var published: [String] = []
        for (path, file) in open.sorted(by: { $0.key < $1.key }) {
            do throws(Failure) {
                try file.publish()
                published.append(path)
            } catch {
                try giveUp(path, error)
            }
        }
        open = [:]
        return published
    }

    /// Files of an earlier run that lie where this one would have written some. They are nobody's to delete: somebody may be
    /// mending them.
    func left(beside published: [String]) -> [String] {
        let places = shared.map { [$0] } ?? (hasPlace ? names.map { $0 + suffix } : [])
        return places.filter { !published.contains($0) && !failed.contains($0) && Folder.exists($0) }
    }

    private func giveUp(_ path: String, _ failure: Failure) throws(Failure) {
        var failure = failure
        // Whatever is missing or not allowed on the way: it is the file of refused records that cannot be made.
        if failure.code == .fileNotFound || failure.code == .fileDenied {
            failure.code = .cannotCreate
            failure.category = .cannotCreate
        }
        failure.message = "refused records cannot be written down: \(failure.message)"
        failure.hint = "--rejected FILE names another place"
        guard shared == nil else { throw failure }
        failed.insert(path)
        open.removeValue(forKey: path)?.abandon()
        failures.append(failure)
    }

    func abandon() {
        for file in open.values { file.abandon() }
        open = [:]
    }

    private func header(_ face: FeedFace) -> [UInt8] {
        guard shared == nil || isOneFile else { return Array("file,line,reason,record".utf8) }
        guard let dialect = face.dialect else { return Array("line,reason,record".utf8) }
        return RefusedLine(delimiter: dialect.delimiter).joined([Array("line".utf8), Array("reason".utf8), face.header])
    }

    private func line(_ face: FeedFace, _ line: Int, _ reason: String, _ record: [UInt8]) -> [UInt8] {
        let number = Array(String(line).utf8)
        guard shared == nil || isOneFile, let dialect = face.dialect else {
            let writing = RefusedLine()
            let fields = [number, writing.field(reason.utf8), writing.field(record)]
            return writing.joined(shared == nil || isOneFile ? fields : [writing.field(face.name.utf8)] + fields)
        }
        let writing = RefusedLine(delimiter: dialect.delimiter)
        return writing.joined([number, writing.field(reason.utf8), record])
    }
}
