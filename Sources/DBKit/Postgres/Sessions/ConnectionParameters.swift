import CLibpq

/// Where a server is and how to log in, in libpq's own words.
///
/// A URL (or `keyword=value` string) comes first and explicit keywords after it: the later one wins. Nothing of libpq's
/// own rules (`PGHOST`, service files, `~/.pgpass`, URI escapes, several hosts) is repeated here.
public struct ConnectionParameters: Sendable, Hashable {
    /// A URL or `keyword=value` string; nil leaves everything to libpq's defaults.
    public let url: String?
    /// Explicit keywords, in the order in which they were set.
    public private(set) var keywords: [Keyword] = []

    public struct Keyword: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    public init(url: String? = nil) {
        self.url = url
    }

    /// Sets a keyword over whatever the URL says. See the libpq documentation, "Parameter Key Words".
    public mutating func set(_ keyword: String, _ value: String) {
        keywords.removeAll { $0.name == keyword }
        keywords.append(Keyword(name: keyword, value: value))
    }

    public func setting(_ keyword: String, _ value: String) -> ConnectionParameters {
        var copy = self
        copy.set(keyword, value)
        return copy
    }

    /// One keyword that libpq would use, with the value it would use.
    public struct Resolved: Sendable, Hashable {
        public let keyword: String
        public let value: String?
        /// A password or the like: never to be shown.
        public let isSecret: Bool
    }

    /// Every keyword with its final value: explicit ones, the URL's, then the environment's and libpq's defaults.
    ///
    /// - Throws: ``PostgresError`` of kind `.connect(.parameters)` when libpq cannot read the URL.
    public func resolved() throws(PostgresError) -> [Resolved] {
        var values: [String: String] = [:]
        if let url, !url.isEmpty {
            if url.contains("=") || url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") {
                for option in try ConnectionParameters.parse(url) {
                    if let value = option.value { values[option.keyword] = value }
                }
            } else {
                // libpq takes a bare word as the name of a database.
                values["dbname"] = url
            }
        }
        for keyword in keywords { values[keyword.name] = keyword.value }
        return try ConnectionParameters.defaults().map { option in
            Resolved(
                keyword: option.keyword,
                value: values[option.keyword] ?? option.value,
                isSecret: option.isSecret
            )
        }
    }

    /// Runs `body` with the two NULL-terminated arrays that `PQconnectStartParams` takes.
    func withKeywordArrays<T>(
        defaults: [Keyword],
        _ body: ([String], [String]) -> T
    ) -> T {
        var names = defaults.map(\.name)
        var values = defaults.map(\.value)
        if let url {
            names.append("dbname")
            values.append(url)
        }
        names += keywords.map(\.name)
        values += keywords.map(\.value)
        return body(names, values)
    }

    private static func parse(_ text: String) throws(PostgresError) -> [Resolved] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(text, &message) else {
            defer { unsafe PQfreemem(message) }
            let said = unsafe message.map { unsafe String(cString: $0).trimmed } ?? "out of memory"
            throw PostgresError(.connect(.parameters), ConnectionParameters.masked(said, hiding: text))
        }
        defer { unsafe PQconninfoFree(options) }
        return unsafe list(options)
    }

    private static func defaults() throws(PostgresError) -> [Resolved] {
        guard let options = unsafe PQconndefaults() else {
            throw PostgresError(
                .connect(.parameters), "libpq found no defaults: out of memory or a broken service file")
        }
        defer { unsafe PQconninfoFree(options) }
        return unsafe list(options)
    }

    private static func list(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [Resolved] {
        var found: [Resolved] = []
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            let value = unsafe option.pointee.val.map { unsafe String(cString: $0) }
            // libpq marks what must not be shown with "*" (passwords) or "D" (debug options).
            let mark = unsafe option.pointee.dispchar.map { unsafe String(cString: $0) } ?? ""
            found.append(Resolved(keyword: unsafe String(cString: keyword), value: value, isSecret: mark == "*"))
            unsafe option = option.advanced(by: 1)
        }
        return found
    }

    /// libpq quotes the URL in some of its errors; a password in it must not travel along.
    private static func masked(_ message: String, hiding url: String) -> String {
        var text = message
        if let hit = text.firstRange(of: url) { text.replaceSubrange(hit, with: "(the connection string)") }
        guard let at = url.lastIndex(of: "@"), let scheme = url.firstRange(of: "://") else { return text }
        let credentials = url[scheme.upperBound..<at]
        guard let colon = credentials.firstIndex(of: ":") else { return text }
        let password = String(credentials[credentials.index(after: colon)...])
        guard !password.isEmpty else { return text }
        while let hit = text.firstRange(of: password) { text.replaceSubrange(hit, with: "****") }
        return text
    }
}
