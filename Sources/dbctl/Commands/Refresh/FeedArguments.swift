public import ArgumentParser
public import DBKit

extension FeedFormat: ExpressibleByArgument {}

extension DuplicateRule: ExpressibleByArgument {}

/// `asset_id,date`
struct ColumnList: Sendable, Hashable {
    let names: [String]

    init(_ text: String) throws(SpellingProblem) {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmingSpaces)
        guard !names.contains(where: \.isEmpty) else {
            throw SpellingProblem("a list of columns is written as in asset_id,date")
        }
        self.names = names
    }
}

/// `close=Close`, `asset_id=symbol@assets.symbol`
struct ColumnMapping: Sendable, Hashable {
    let column: String
    let source: FeedSource

    init(_ text: String) throws(SpellingProblem) {
        let (column, rest) = text.splitOnce(at: "=")
        guard let rest, !column.isEmpty else {
            throw SpellingProblem("a mapping is column=header, as in close=Close")
        }
        let header: Substring
        var lookup: FeedLookup?
        if let mark = rest.lastIndex(of: "@") {
            header = rest[..<mark]
            lookup = try FeedSpelling.lookup(String(rest[rest.index(after: mark)...]))
        } else {
            header = rest
        }
        guard !header.isEmpty else { throw SpellingProblem("a mapping names a header behind the =, as in close=Close") }
        self.column = String(column)
        source = FeedSource(header: String(header), lookup: lookup)
    }
}
