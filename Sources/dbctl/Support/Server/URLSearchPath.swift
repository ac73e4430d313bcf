import DBKit

/// The schemas in which other tools' URLs look for names without one: `schema=app` of Prisma, `currentSchema` of JDBC,
/// `search_path`.
///
/// libpq refuses all three, and as a startup option a pooler would. Only statements that people wrote depend on it.
struct URLSearchPath: Sendable, Hashable {
    /// As the URL spells it.
    let parameter: String
    /// Names as the catalog has them.
    let schemas: [String]

    /// Nil for an empty value, which says nothing.
    ///
    /// - Parameter value: With its percent-encoding.
    init?(parameter: String, value: Substring) throws(SpellingProblem) {
        // The value is shown, and this may be the end of a password that has a ? in it.
        guard !value.contains("@") else {
            throw SpellingProblem("an @ in a parameter of the URL must be written %40, a ? in the password %3F")
        }
        let text = value.percentDecoded
        guard !text.allSatisfy(\.isWhitespace) else { return nil }
        self.parameter = parameter
        // Prisma's is the name of one schema as it is; the other two are a setting's value.
        schemas = parameter == "schema" ? [text] : try Self.list(text, of: parameter)
        guard schemas.allSatisfy({ !$0.utf8.contains(0) && $0.utf8.count <= Identifier.maximumBytes }) else {
            throw SpellingProblem("\(parameter) in the URL is longer than a name can be, or holds a NUL byte")
        }
    }

    /// `schema=app`
    var label: String { "\(parameter)=\(schemas.joined(separator: ","))" }

    /// The value of the setting. Quoted, so that every name means itself; `"$user"` stays the login's in quotes, too.
    var setting: String {
        get throws(PostgresError) {
            var quoted: [String] = []
            for schema in schemas { quoted.append(try identifier(schema).sql) }
            return quoted.joined(separator: ", ")
        }
    }

    /// Reads a list as the server does: names without quotes are in small letters.
    private static func list(_ text: String, of parameter: String) throws(SpellingProblem) -> [String] {
        var names: [String] = []
        var rest = text[...].drop(while: \.isWhitespace)
        while true {
            guard let name = name(&rest) else { throw Self.malformed(parameter) }
            names.append(name)
            rest = rest.drop(while: \.isWhitespace)
            guard let separator = rest.popFirst() else { return names }
            guard separator == "," else { throw Self.malformed(parameter) }
            rest = rest.drop(while: \.isWhitespace)
        }
    }

    private static func malformed(_ parameter: String) -> SpellingProblem {
        SpellingProblem("\(parameter) in the URL is no list of schemas, as in \(parameter)=app,public")
    }

    private static func name(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else {
            let name = rest.prefix { $0 != "," && $0 != "\"" && !$0.isWhitespace }
            rest = rest.dropFirst(name.count)
            return name.isEmpty ? nil : String(name.map { $0.isASCII ? Character($0.lowercased()) : $0 })
        }
        rest.removeFirst()
        var name = ""
        while let character = rest.popFirst() {
            if character == "\"" {
                guard rest.first == "\"" else { return name.isEmpty ? nil : name }
                rest.removeFirst()
            }
            name.append(character)
        }
        return nil
    }
}
