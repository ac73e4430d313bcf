import Operations

/// Which field of a file goes into which column of the target.
struct HeaderMap: Sendable, Hashable {
    /// In the order of the target's columns.
    var columns: [FedColumn]
    /// The field of each of them.
    var fields: [Int]
    /// How many fields a record has.
    var width: Int
}

/// The columns that a feed may fill, and the headers that it has for them.
struct FeedColumns: Sendable {
    let definition: FeedDefinition
    /// In the order of the target.
    let candidates: [FedColumn]
    private let generated: [String]

    /// - Throws: `refresh.column` where the definition names a column that the target does not have.
    init(_ definition: FeedDefinition, target: [TargetColumn]) throws(Failure) {
        self.definition = definition
        let names = target.map(\.name)
        let named =
            definition.key + (definition.columns ?? []) + definition.map.keys.sorted() + (definition.price ?? [])
            + (definition.volume ?? []) + [definition.date].compactMap(\.self) + (definition.asset ?? [])
        for name in named where !names.contains(name) {
            let nearest = NearestName.of(name, among: names).first.map { "; the nearest is \($0)" } ?? ""
            throw Failure(.refreshColumn, "\(definition.table) has no column \(name)\(nearest)")
        }
        // An identity that is GENERATED ALWAYS can be given to a new row, and of an old one it can never be changed.
        generated = target.filter {
            $0.isGenerated || $0.isAlwaysIdentity && !definition.key.contains($0.name)
        }.map(\.name)
        for name in named where generated.contains(name) {
            throw Failure(
                .refreshColumn,
                "the server itself gives \(name) of \(definition.table) its values (GENERATED ALWAYS): it cannot be fed"
            )
        }
        let keyTimes = target.filter { definition.key.contains($0.name) && $0.type.isTime }
        let date = definition.date ?? definition.key.first { name in keyTimes.contains { $0.name == name } }
        candidates = target.filter { [generated] column in
            !generated.contains(column.name) && definition.columns?.contains(column.name) != false
        }.map { column in
            let source = definition.map[column.name] ?? FeedSource(header: column.name)
            let isText = source.lookup != nil
            let prices = definition.price.map(Set.init) ?? FeedDefinition.usualPrices
            let volumes = definition.volume.map(Set.init) ?? FeedDefinition.usualVolumes
            let role: FedColumn.Role =
                column.name == date && column.type.isTime && !isText
                ? .date
                : !column.type.isNumber || isText
                    ? .plain
                    : prices.contains(column.name) ? .price : volumes.contains(column.name) ? .volume : .plain
            return FedColumn(
                target: column, source: source, isKey: definition.key.contains(column.name), role: role)
        }
    }

    /// Whether a field of a first line is the name of something.
    func isHeader(_ text: String) -> Bool {
        let names = (candidates.flatMap { [$0.source.header, $0.target.name] } + generated).map { $0.lowercased() }
        return names.contains(text.lowercased())
    }

    /// The columns of a file without a header: those that the definition lists, in its order, or all of the target.
    func withoutHeader(width: Int, file: String) throws(Failure) -> HeaderMap {
        let order = definition.columns ?? candidates.map(\.target.name)
        guard order.count == width else {
            throw Failure(
                .refreshHeader, "\(file) has \(width) columns, and \(order.count) are expected: \(Self.list(order))",
                hint: "name them in the order of the file: --columns A,B,…")
        }
        let fields = candidates.map { column in order.firstIndex(of: column.target.name) ?? 0 }
        return try complete(HeaderMap(columns: candidates, fields: fields, width: width), file: file)
    }

    /// - Parameter header: As the file has it.
    func map(_ header: [String], file: String) throws(Failure) -> HeaderMap {
        var takers = exactTakers(header)
        for (index, text) in header.enumerated() where takers[index].isEmpty {
            takers[index] = looseTakers(text)
        }
        for column in candidates.indices {
            let takes = takers.indices.filter { takers[$0].contains(column) }
            guard takes.count > 1 else { continue }
            throw Failure(
                .refreshHeader,
                "\(file) has the header \(quoted(header[takes[0]])) in column \(takes[0] + 1), and again in column "
                    + "\(takes[1] + 1)")
        }
        if definition.columns == nil {
            for (index, text) in header.enumerated() where takers[index].isEmpty {
                throw unknown(text, place: "column \(index + 1)", file)
            }
        }
        let filled = candidates.indices.compactMap { column in
            takers.firstIndex { $0.contains(column) }.map { (column: candidates[column], field: $0) }
        }
        return try complete(
            HeaderMap(columns: filled.map(\.column), fields: filled.map(\.field), width: header.count), file: file)
    }

    /// For each field the candidates that have exactly its header.
    private func exactTakers(_ header: [String]) -> [[Int]] {
        header.map { text in candidates.indices.filter { candidates[$0].source.header == text } }
    }

    /// The candidate that is meant but for upper and lower case.
    private func looseTakers(_ text: String) -> [Int] {
        let wanted = text.lowercased()
        let found = candidates.indices.filter { candidates[$0].source.header.lowercased() == wanted }
        // `Close` and `close` may both be columns.
        return Set(found.map { candidates[$0].source.header }).count == 1 ? found : []
    }

    /// Everything that has to be there is.
    private func complete(_ map: HeaderMap, file: String) throws(Failure) -> HeaderMap {
        let present = Set(map.columns.map(\.target.name))
        let mapped = candidates.map(\.target.name).filter { definition.map[$0] != nil }
        let required = definition.key + mapped + (definition.columns ?? [])
        for name in required where !present.contains(name) {
            let header = definition.map[name]?.header ?? name
            let what = definition.key.contains(name) ? "the key's column \(name)" : "column \(name)"
            throw Failure(
                .refreshHeader,
                "\(file) has no header \(quoted(header)), which \(what) of \(definition.table) is read from",
                hint: "it has another name in the file: --map \(name)=HEADER, or map: of the feed")
        }
        return map
    }

    /// Those that the run does not fill itself.
    private var ordinary: [String] {
        candidates.map(\.target.name).filter { $0 != definition.createdAt && $0 != definition.updatedAt }
    }

    /// A header that is no column.
    func unknown(_ text: String, place: String, _ file: String) -> Failure {
        guard !text.isEmpty else {
            return Failure(
                .refreshHeader, "\(file) has no header in \(place)",
                hint: "say which columns to load: --columns \(definition.key.joined(separator: ",")),…")
        }
        if generated.contains(where: { $0.lowercased() == text.lowercased() }) {
            return Failure(
                .refreshHeader,
                "\(file) has \(quoted(text)) (\(place)), whose values the server itself gives (GENERATED ALWAYS): it cannot be fed",
                hint: "say which columns to load: --columns \(Self.list(ordinary))")
        }
        if let mapped = candidates.first(where: { $0.target.name.lowercased() == text.lowercased() }) {
            return Failure(
                .refreshHeader,
                "\(file) has \(quoted(text)) (\(place)), but \(mapped.target.name) is read from "
                    + "\(quoted(mapped.source.header))",
                hint: "map: of the feed, or --map, says so; --columns leaves out what is not wanted")
        }
        let nearest = NearestName.of(text, among: candidates.map(\.target.name)).first
        return Failure(
            .refreshHeader,
            "\(file) has \(quoted(text)) (\(place)), and \(definition.table) has no column of that name"
                + (nearest.map { "; the nearest is \($0)" } ?? ""),
            hint: (nearest.map { "it is \($0): --map \(ShellWord.quoted("\($0)=\(text)")); " } ?? "")
                + "it is not wanted: --columns with those that are, or columns: of the feed")
    }

    private func quoted(_ text: String) -> String { Sample.quoted(text) }

    private static func list(_ names: [String]) -> String { names.joined(separator: ",") }
}
