public import Postgres

/// The name of a table or an index as somebody typed it. What is called exactly so comes before what SQL makes of it, for
/// which `Orders` is `orders`: in a shell and in dbctl.yaml nobody expects a name to be folded.
public struct TypedRelation: Sendable, Hashable {
    public let written: String
    /// The most literal first.
    public let meanings: [Meaning]

    public struct Meaning: Sendable, Hashable {
        /// Empty: the one that the session is in.
        public var database = ""
        /// Empty: as the session's search_path sees it.
        public var schema = ""
        public var name: String
    }

    public init(_ written: String) {
        self.written = written
        var meanings = [Meaning(name: written)]
        for dot in written.indices.dropFirst() where written[dot] == "." {
            meanings.append(
                Meaning(schema: String(written[..<dot]), name: String(written[written.index(after: dot)...])))
        }
        let parts = SQLNameParts.of(written)?.map { $0.isQuoted ? $0.text : Self.folded($0.text) } ?? []
        switch parts.count {
        case 1: meanings.append(Meaning(name: parts[0]))
        case 2: meanings.append(Meaning(schema: parts[0], name: parts[1]))
        case 3: meanings.append(Meaning(database: parts[0], schema: parts[1], name: parts[2]))
        default: break
        }
        self.meanings = meanings.filter {
            !$0.name.isEmpty
                && [$0.database, $0.schema, $0.name].allSatisfy { part in
                    part.utf8.count <= Identifier.maximumBytes && !part.utf8.contains(0)
                }
        }
    }

    /// As the server does it where characters may have several bytes.
    private static func folded(_ part: String) -> String {
        String(
            String.UnicodeScalarView(
                part.unicodeScalars.map { $0.isASCII ? $0.properties.lowercaseMapping.unicodeScalars.first ?? $0 : $0 })
        )
    }

    /// This very one.
    public init(schema: String, name: String) {
        written = "\(schema).\(name)"
        meanings = [Meaning(schema: schema, name: name)]
    }

    public enum Kind: String, Sendable {
        /// All that has rows: tables, partitioned and foreign ones, views, TOAST tables.
        case table = "rpmfvt"
        case index = "iI"
    }

    /// Looks all of them up in one query, as the session's search_path sees them.
    ///
    /// - Returns: One oid a name; nil where there is none.
    public static func find(
        _ names: [TypedRelation], _ kind: Kind = .table, in session: Session
    ) throws -> [Int64?] {
        let wanted = names.enumerated().flatMap { place, name in name.meanings.map { (place: place, meaning: $0) } }
        let query = Query(
            embedded: PackageResources.relation_named_sql,
            binds: [
                wanted.map(\.place), wanted.map(\.meaning.database), wanted.map(\.meaning.schema),
                wanted.map(\.meaning.name), kind.rawValue.map(String.init),
            ])
        var found = [Int64?](repeating: nil, count: names.count)
        for row in try session.rows(query) { found[try row.value("place")] = try row.value("oid", as: Int64.self) }
        return found
    }

    public func find(_ kind: Kind = .table, in session: Session) throws -> Int64? {
        try Self.find([self], kind, in: session)[0]
    }

    /// What to type instead of a name that there is no table of.
    public func hint(in session: Session) -> String {
        let bare = meanings.last?.name ?? written
        let tables =
            (try? session.rows(Query(embedded: PackageResources.relation_names_sql, binds: []))
                .map { (schema: try $0.value("schema", as: String.self), name: try $0.value("name", as: String.self)) })
            ?? []
        let near = Set(NearestName.of(bare, among: Set(tables.map(\.name)), limit: 3))
        let alike = tables.filter { $0.name.lowercased() == bare.lowercased() }
        let meant = (alike.isEmpty ? tables.filter { near.contains($0.name) } : alike).prefix(3)
        guard !meant.isEmpty else {
            return "look whether it is the right database, and write it with its schema, as in public.prices"
        }
        let list = meant.map { ShellWord.quoted("\($0.schema).\($0.name)") }.joined(separator: " or ")
        return "did you mean \(list)?"
    }
}

/// A name as SQL reads it: parts between dots, each in double quotes or not.
public enum SQLNameParts {
    /// Nil where a quote is left open.
    public static func of(_ text: String) -> [(text: String, isQuoted: Bool)]? {
        var parts = [(text: "", isQuoted: false)]
        var isOpen = false
        var rest = Substring(text)
        while let character = rest.popFirst() {
            let last = parts.count - 1
            switch character {
            case "\"" where isOpen && rest.first == "\"":
                rest.removeFirst()
                parts[last].text.append("\"")
            case "\"" where isOpen: isOpen = false
            case "\"" where parts[last].text.isEmpty && !parts[last].isQuoted:
                isOpen = true
                parts[last].isQuoted = true
            case "." where !isOpen: parts.append(("", false))
            default: parts[last].text.append(character)
            }
        }
        return isOpen ? nil : parts
    }
}
