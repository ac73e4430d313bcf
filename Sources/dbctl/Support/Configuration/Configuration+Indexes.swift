import DBKit

/// The indexes that the configuration declares.
extension Configuration {
    var declaresIndexes: Bool {
        if case .list(let entries) = root["indexes"]?.content { !entries.isEmpty } else { false }
    }

    /// In the order of the file.
    ///
    /// - Throws: `config.missing` when there are none.
    func indexes() throws(Failure) -> [IndexSpecification] {
        guard case .list(let entries) = root["indexes"]?.content, !entries.isEmpty else {
            throw Failure(
                .configurationMissing, "no indexes are declared", detail: placeForEyes,
                hint: "add them under indexes: of dbctl.yaml, as in - {table: prices, columns: [asset_id, date]}")
        }
        var declared: [IndexSpecification] = []
        for (place, entry) in entries.enumerated() { declared.append(try index(entry, at: "indexes[\(place)]")) }
        return declared
    }

    private func index(_ entry: ConfigurationValue, at path: String) throws(Failure) -> IndexSpecification {
        func text(_ key: String) throws(Failure) -> String? {
            guard let value = entry[key] else { return nil }
            return try resolve(value, at: "\(path).\(key)")
        }
        func texts(_ key: String) throws(Failure) -> [String] {
            guard case .list(let elements) = entry[key]?.content else { return [] }
            var found: [String] = []
            for element in elements {
                if let text = try resolve(element, at: "\(path).\(key)") { found.append(text) }
            }
            return found
        }
        var index = IndexSpecification(table: try text("table") ?? "", columns: try texts("columns"))
        guard !index.columns.isEmpty else {
            throw Failure(
                .configurationMissing, "\(path).columns is empty", detail: placeForEyes,
                hint: "name the columns, as in columns: [asset_id, date]")
        }
        index.name = try text("name")
        index.isUnique = try text("unique") == "true"
        index.include = try texts("include")
        index.predicate = try text("where")
        index.method = try text("using")
        index.nullsNotDistinct = try text("nulls_not_distinct") == "true"
        return index
    }
}
