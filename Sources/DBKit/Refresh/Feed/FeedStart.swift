import Operations

/// The beginning of a file: finds out what the file is, and which of its fields go where.
struct FeedStart {
    private let name: String
    private let index: Int
    private let columns: FeedColumns
    private var definition: FeedDefinition { columns.definition }

    var text: [UInt8] = []
    /// There is no more of the file.
    var isWhole = false
    /// Once it is known.
    private(set) var face: FeedFace?
    /// Of the first object of NDJSON.
    private(set) var members: [String] = []

    init(_ name: String, _ index: Int, _ columns: FeedColumns) {
        self.name = name
        self.index = index
        self.columns = columns
    }

    /// - Returns: False when more of the file is needed.
    mutating func look() throws -> Bool {
        guard face == nil else { return true }
        let format = try self.format()
        do {
            switch format {
            case .csv: return try lookAtHeader()
            case .ndjson: return try lookAtMembers()
            }
        } catch let problem as CSVProblem {
            throw Self.failure(problem, name)
        }
    }

    static func failure(_ problem: CSVProblem, _ file: String) -> Failure {
        let words =
            switch problem {
            case .textAfterQuote: "something stands between a closing quote and the next delimiter"
            case .openQuote: "a quote is opened here, and never closed"
            case .recordTooLong(_, let limit): "the record is longer than \(limit >> 20) MiB"
            }
        return Failure(
            .refreshFormat, "\(file), line \(problem.line): \(words)",
            hint: "look at it: sed -n \(problem.line)p \(FeedFiles.word(file)); quotes that mean nothing: quote: none")
    }

    /// As it is said, by the file's name, or by its first byte.
    private func format() throws(Failure) -> FeedFormat {
        let first = text.first { $0 > UInt8(ascii: " ") }
        if first == UInt8(ascii: "[") {
            throw Failure(
                .refreshFormat, "\(name) is one array of JSON, and not an object a line",
                hint: "jq -c '.[]' \(FeedFiles.word(name)) | dbctl refresh run … -")
        }
        if let format = definition.format { return format }
        var stem = name.lowercased()
        for ending in [".gz", ".zst"] where stem.hasSuffix(ending) { stem.removeLast(ending.count) }
        if [".csv", ".tsv", ".psv"].contains(where: stem.hasSuffix) { return .csv }
        if [".ndjson", ".jsonl"].contains(where: stem.hasSuffix) { return .ndjson }
        return first == UInt8(ascii: "{") ? .ndjson : .csv
    }

    // MARK: NDJSON

    private mutating func lookAtMembers() throws -> Bool {
        guard let names = NDJSONReader.names(of: text, isLast: isWhole) else {
            guard text.contains(where: { $0 > UInt8(ascii: " ") }) else { return isWhole }
            guard isWhole || text.count > 1 << 20 else { return false }
            throw Failure(
                .refreshFormat, "\(name) has no line that is an object of JSON",
                hint: "jq -c . \(FeedFiles.word(name)) writes one object a line")
        }
        members = names
        let map = try columns.map(names, file: name)
        face = FeedFace(name: name, index: index, format: .ndjson, dialect: nil, header: [], map: map)
        return true
    }

    // MARK: Separated values

    private mutating func lookAtHeader() throws -> Bool {
        guard let (dialect, first) = try firstRecord() else { return isWhole }
        if let problem = TextCheck.problem(text, first.start..<first.end, definition.encoding) {
            throw Failure(.refreshFormat, "\(name), line \(first.line): \(problem)")
        }
        let fields = (0..<first.count).map { field in first.text(field) }
        let map: HeaderMap
        var header = Array(text[first.start..<first.end])
        if definition.hasHeader {
            let names = fields.map { $0.trimmingSpaces() }
            try refuseOtherFiles(names)
            guard names.contains(where: columns.isHeader) else { throw noHeader(header) }
            map = try columns.map(names, file: name)
        } else {
            map = try columns.withoutHeader(width: fields.count, file: name)
            var names = Array(repeating: [UInt8](), count: map.width)
            for (column, field) in zip(map.columns, map.fields) { names[field] = Array(column.target.name.utf8) }
            header = RefusedLine(delimiter: dialect.delimiter).joined(names)
        }
        face = FeedFace(
            name: name, index: index, format: .csv, dialect: dialect, header: header, map: map, nulls: definition.nulls)
        return true
    }

    /// The first record, cut by the delimiter that makes the most sense of it.
    private func firstRecord() throws -> (CSVDialect, FeedRecord)? {
        var best: (dialect: CSVDialect, record: FeedRecord, sense: Int)?
        var problem: CSVProblem?
        let delimiters = definition.delimiter.map { [$0] } ?? CSVDialect.delimiters
        for delimiter in delimiters {
            let dialect = CSVDialect(delimiter: delimiter, quote: definition.quote)
            do {
                guard let record = try CSVReader.first(of: text, dialect, isLast: isWhole) else { continue }
                let sense = self.sense(record)
                if sense > best?.sense ?? -1 { best = (dialect, record, sense) }
            } catch let found as CSVProblem {
                problem = problem ?? found
            }
        }
        guard let best else {
            if let problem { throw problem }
            return nil
        }
        // No delimiter makes sense of it: the one that cuts the lines evenly makes the better message.
        if best.sense == 0, definition.delimiter == nil, let even = CSVDialect.detect(in: Array(text.prefix(64 << 10)))
        {
            let dialect = CSVDialect(delimiter: even.delimiter, quote: definition.quote)
            if let record = try CSVReader.first(of: text, dialect, isLast: isWhole) { return (dialect, record) }
        }
        return (best.dialect, best.record)
    }

    private func sense(_ record: FeedRecord) -> Int {
        guard definition.hasHeader else {
            return record.count == (definition.columns?.count ?? columns.candidates.count) ? 1 : 0
        }
        return (0..<record.count).count { columns.isHeader(record.text($0).trimmingSpaces()) }
    }

    private func refuseOtherFiles(_ names: [String]) throws(Failure) {
        guard names.starts(with: ["line", "reason"]), FeedFiles.leftovers.contains(where: name.hasSuffix) else {
            return
        }
        throw Failure(
            .refreshHeader, "\(name) holds records that an earlier run refused, with their lines and reasons",
            hint: "mended, they can be fed: take the columns line and reason away, and give the file another name")
    }

    private func noHeader(_ line: [UInt8]) -> Failure {
        let shown = Sample.quoted(String(decoding: line, as: UTF8.self), limit: 80)
        let columns = columns.candidates.map(\.target.name).joined(separator: ",")
        return Failure(
            .refreshHeader,
            "\(name) has no header: no field of its first line \(shown) is the name of a column of \(definition.table)",
            hint:
                "a file without a header: --no-header --columns \(columns)"
        )
    }
}

extension String {
    func trimmingSpaces() -> String {
        var slice = Substring(self)
        while slice.first?.isWhitespace == true { slice.removeFirst() }
        while slice.last?.isWhitespace == true { slice.removeLast() }
        return String(slice)
    }
}
