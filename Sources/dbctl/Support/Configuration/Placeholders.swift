import DBKit

/// `${ENV_NAME}` in values of dbctl.yaml.
enum Placeholders {
    static func areIn(_ text: String) -> Bool {
        text.contains(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/)
    }

    /// The names used, in order.
    static func names(in text: String) -> [String] {
        text.matches(of: /\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}/).map { String($0.name) }
    }

    /// - Throws: ``MissingVariable`` for a name that the environment lacks; an empty variable is a value.
    static func resolve(_ text: String, _ environment: [String: String]) throws(MissingVariable) -> String {
        var result = ""
        var rest = text[...]
        while let match = rest.firstMatch(of: /\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}/) {
            guard let value = environment[String(match.name)] else { throw MissingVariable(name: String(match.name)) }
            result += rest[..<match.range.lowerBound] + value
            rest = rest[match.range.upperBound...]
        }
        return result + rest
    }

    struct MissingVariable: Error {
        let name: String
    }
}
