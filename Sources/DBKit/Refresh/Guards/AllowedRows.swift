public import Operations

/// The rows that somebody has looked at and vouched for: `--allow ASSET:DATE`. No guard holds one of them back.
///
/// ASSET is the value of the asset column (by default the part of the key that is no date; the values of several columns
/// are joined with `/`), as the findings show it: capitals count. DATE is the day, also where the column has a time.
/// `ASSET` alone means all its days, `*:DATE` all assets of that day, `*` every row. An asset may have a colon in it: only
/// what looks like a day at the end is one.
public struct AllowedRows: Sendable {
    private struct Entry: Sendable {
        /// Nil: any.
        var asset: String?
        var day: String?
    }

    private let entries: [Entry]

    public init(_ spelled: some Sequence<String>) {
        entries = spelled.map { text in
            let (asset, day) = Self.parts(of: text)
            return Entry(asset: asset == "*" ? nil : asset, day: day)
        }
    }

    /// - Throws: What is wrong with an `ASSET:DATE` that would never match a row.
    public static func check(_ text: String) throws(SpellingProblem) {
        guard !text.isEmpty, !text.hasPrefix(":"), !text.hasSuffix(":") else {
            throw SpellingProblem(
                "it is ASSET:DATE, as in AAPL:2024-06-10, or ASSET for all its days; * means all assets")
        }
        guard let tail = text.split(separator: ":", omittingEmptySubsequences: false).dropFirst().last,
            tail.contains(where: { "-/.".contains($0) }), tail.allSatisfy({ "0123456789-/.".contains($0) })
        else { return }
        guard CivilDay(String(tail)) != nil else {
            throw SpellingProblem("the DATE of ASSET:DATE is a day of the calendar, as in AAPL:2024-06-10")
        }
    }

    /// - Parameters: asset: the values of the asset's columns. date: as text, ISO.
    func contains(asset: [String], date: String?) -> Bool {
        guard !entries.isEmpty else { return false }
        let name = Self.name(of: asset)
        let day = date.map { String($0.prefix(10)) }
        return entries.contains { ($0.asset ?? name) == name && ($0.day ?? day) == day }
    }

    /// What `--allow` is to be told for a row.
    static func spelling(asset: [String], date: String?) -> String {
        ([name(of: asset)] + (date.map { [String($0.prefix(10))] } ?? [])).joined(separator: ":")
    }

    static func name(of asset: [String]) -> String { asset.joined(separator: "/") }

    private static func parts(of text: String) -> (asset: String, day: String?) {
        guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
        let tail = String(text[text.index(after: colon)...])
        guard tail.utf8.count == 10, CivilDay(tail) != nil else { return (text, nil) }
        return (String(text[..<colon]), tail)
    }
}
