/// What is known of a file of a feed once its beginning was read; it outlives the file.
struct FeedFace: Sendable {
    var name: String
    /// In ``FeedFiles/names``.
    var index: Int
    var format: FeedFormat
    /// Nil for NDJSON.
    var dialect: CSVDialect?
    /// As it stands in the file, without line end; for a file without one, the names of its columns.
    var header: [UInt8]
    var map: HeaderMap
    /// Unquoted texts that mean NULL.
    var nulls: [String] = [""]

    /// A record as the file would have it, put together from values of columns; what is no column stays empty.
    func record(_ values: [String: String?]) -> [UInt8] {
        guard let dialect else { return object(values) }
        let line = RefusedLine(delimiter: dialect.delimiter)
        var fields = Array(repeating: [UInt8](), count: map.width)
        for (column, field) in zip(map.columns, map.fields) {
            guard let value = values[column.target.name] ?? nil else {
                if !nulls.contains(""), let null = nulls.first { fields[field] = Array(null.utf8) }
                continue
            }
            // In no quotes it would be NULL.
            let isNull = value.isEmpty || nulls.contains(value)
            fields[field] = isNull ? line.quoted(value.utf8) : line.field(value.utf8)
        }
        return line.joined(fields)
    }

    private func object(_ values: [String: String?]) -> [UInt8] {
        let members = map.columns.map { column in
            let value = (values[column.target.name] ?? nil).map(JSONText.quoted) ?? "null"
            return "\(JSONText.quoted(column.source.header)):\(value)"
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }
}
