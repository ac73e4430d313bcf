import DBKit

extension IndexListReport: CommandResult {
    func human(_ style: Style) -> String {
        guard !indexes.isEmpty else { return "There is no index." }
        var table = TextTable("TABLE", "INDEX", "STATE", .right("SIZE"), .right("SCANS"), "DEFINITION")
        for index in indexes {
            table.add(
                "\(index.schema).\(index.table)", index.name, index.state.painted(style),
                ByteCount(bytes: index.sizeBytes).forEyes, String(index.scans), index.body)
        }
        return table.rendered(style)
    }
}

extension ListedIndex {
    /// Without what the other columns say.
    fileprivate var body: String {
        let kind =
            constraint.map { "\(isPrimary ? "primary key" : "constraint") \($0) " } ?? (isUnique ? "unique " : "")
        let from = definition.firstRange(of: " USING ")?.upperBound ?? definition.startIndex
        return kind + definition[from...]
    }
}

extension ListedIndex.State {
    fileprivate func painted(_ style: Style) -> String {
        switch self {
        case .valid: rawValue
        case .building, .incomplete: style.warning(rawValue)
        case .invalid: style.bad(rawValue)
        }
    }
}
