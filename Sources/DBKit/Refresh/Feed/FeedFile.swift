import Operations
import Storage

/// One file of a feed that is being read: what it turned out to be, and its records.
final class FeedFile {
    let face: FeedFace
    private enum Records {
        case csv(CSVReader)
        case ndjson(NDJSONReader)
    }

    private let columns: FeedColumns
    private var text: FeedText
    private var records: Records
    /// Read to find out what the file is, and not handed out yet.
    private var beginning: [UInt8]?
    private var skipsHeader: Bool
    private var hasRecords = false

    /// - Throws: `refresh.format`, `refresh.header`, `refresh.empty`.
    init(_ index: Int, of files: FeedFiles, _ columns: FeedColumns, _ digest: inout FeedDigest) throws {
        let name = files.isStandardInput ? "standard input" : files.names[index]
        var text = try FeedText(
            files.names[index], isStandardInput: files.isStandardInput, encoding: columns.definition.encoding)
        var start = FeedStart(name, index, columns)
        repeat {
            guard let piece = try text.next(&digest) else {
                start.isWhole = true
                break
            }
            start.text = start.text.isEmpty ? piece : start.text + piece
        } while try !start.look()
        if start.isWhole { _ = try start.look() }
        guard let face = start.face else {
            throw Failure(.refreshEmpty, "\(name) \(start.text.isEmpty ? "is empty" : "has no record")")
        }
        self.face = face
        self.columns = columns
        self.text = text
        beginning = start.text
        skipsHeader = face.format == .csv && columns.definition.hasHeader
        if let dialect = face.dialect {
            records = .csv(CSVReader(dialect))
        } else {
            let members = start.members
            let late = columns.candidates.map(\.source.header).filter { !members.contains($0) }
            records = .ndjson(
                NDJSONReader(members: members, late: late, ignoresOthers: columns.definition.columns != nil))
        }
    }

    /// Hands the next records to `body`, and whether they are plain ASCII, whose bytes need no look.
    ///
    /// - Returns: False when there are no more.
    func next(_ digest: inout FeedDigest, _ body: (borrowing FeedRecord, Bool) throws -> Void) throws -> Bool {
        var piece: [UInt8]?
        if let beginning {
            piece = beginning
            self.beginning = nil
        } else {
            piece = try text.next(&digest)
        }
        var isFirst = true
        var isPlain = true
        let width = face.map.width
        // Copies, since to read a property of an object costs more than all that is done with it.
        var (skips, hasSome) = (skipsHeader, hasRecords)
        defer { (skipsHeader, hasRecords) = (skips, hasSome) }
        func take(_ record: borrowing FeedRecord) throws {
            if isFirst {
                isFirst = false
                isPlain = ByteSearch.isPlain(record.buffer.span)
            }
            // A line on which nothing stands is a record only where one column is all there is.
            if record.isBlank, width != 1 || skips { return }
            if skips {
                skips = false
                return
            }
            hasSome = true
            try body(record, isPlain)
        }
        do {
            guard let piece else {
                switch records {
                case .csv(var reader): try reader.finish(take)
                case .ndjson(var reader): try reader.finish(take)
                }
                guard hasSome else { throw Failure(.refreshEmpty, "\(face.name) has a header and no record") }
                return false
            }
            switch records {
            case .csv(var reader):
                records = .csv(CSVReader())
                defer { records = .csv(reader) }
                try reader.read(piece, take)
            case .ndjson(var reader):
                records = .ndjson(NDJSONReader(members: []))
                defer { records = .ndjson(reader) }
                try reader.read(piece, take)
            }
            return true
        } catch let problem as CSVProblem {
            throw FeedStart.failure(problem, face.name)
        } catch let unknown as NDJSONReader.UnknownMember {
            throw columns.unknown(unknown.name, place: "line \(unknown.line)", face.name)
        }
    }
}
