@testable import dbctl

/// `docs/configuration.md`, from the schema that the decoder goes by.
enum ConfigurationReference {
    static var text: String {
        guard case .record(let sections) = ConfigurationSchema.root else { return "" }
        return ([introduction] + sections.map(section)).joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        # dbctl.yaml

        Written from the schema by `scripts/docs`. `dbctl init` writes a commented file to begin with, `dbctl config show`
        prints what applies and who said so, `dbctl config check` checks the file and every `${NAME}` in it.

        - The first of these is read, and no other: `--config FILE`, `./dbctl.yaml`, `$XDG_CONFIG_HOME/dbctl/dbctl.yaml`,
          `/etc/dbctl/dbctl.yaml`.
        - An option wins over the environment, the environment over the file, the file over the default.
        - An unknown key, a wrong type or a duplicate is exit 78, with file, line and the nearest valid key.
        - A value may contain `${NAME}` of the environment. It is looked up when a command uses the value; a variable that
          is missing then is exit 78.
        - A single value may be set by a variable: `DBCTL_` and the path in capitals, `DBCTL_BACKUP_REPO` for `backup.repo`.
          Below `defaults` the section is left out: `DBCTL_LOCK_TIMEOUT`. What stands below a name of yours, or in a list, has none.
        - Durations: an integer and `ms`, `s`, `m`, `h`, `d` or `w`. Calendar steps: `1 month`, `24 months`; hour, day, week,
          month, quarter, year.
        - A key that is marked *reserved* is checked, and no command of this version reads it.
        """

    private static func section(_ field: Field) -> String {
        var lines = ["## \(field.name)", "", field.meaning, ""]
        switch field.shape {
        case .table: lines += ["One entry for each name of yours.", ""]
        case .list: lines += ["A list of entries.", ""]
        default: break
        }
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        lines += rows(of: field.shape, at: field.name, shown: "").map(\.text)
        return lines.joined(separator: "\n")
    }

    private struct Row {
        let path: String
        let text: String
    }

    private static func rows(of shape: Shape, at path: String, shown: String) -> [Row] {
        switch shape {
        case .record(let fields): fields.flatMap { rows(of: $0, at: path, shown: shown) }
        case .table(let element): rows(of: element, at: "\(path).NAME", shown: shown.isEmpty ? "" : "\(shown).NAME")
        case .list(let element): rows(of: element, at: "\(path)[]", shown: shown.isEmpty ? "" : "\(shown)[]")
        case .either(let shapes, _): shapes.flatMap { rows(of: $0, at: path, shown: shown) }
        default: []
        }
    }

    private static func rows(of field: Field, at path: String, shown: String) -> [Row] {
        let own = "\(path).\(field.name)"
        let name = shown.isEmpty ? field.name : "\(shown).\(field.name)"
        let value = field.shape.expected.replacing("|", with: "\\|")
        let fallback = field.isRequired ? "required" : field.fallback.map { "`\($0)`" } ?? ""
        let reserved = ConfigurationSchema.isReserved(own) ? " *Reserved.*" : ""
        let row = Row(path: own, text: "| `\(name)` | \(value) | \(fallback) | \(field.meaning)\(reserved) |")
        return [row] + rows(of: field.shape, at: own, shown: name)
    }

    /// The defaults of the keys of one record, as the file would say them.
    static func fallbacks(_ path: String) -> [(key: String, value: String)] {
        var shape = ConfigurationSchema.root
        for part in path.replacing("[]", with: ".[]").split(separator: ".") {
            switch (shape, part) {
            case (.table(let element), "NAME"), (.list(let element), "[]"): shape = element
            case (.record(let fields), _):
                guard let field = fields.first(where: { $0.name == part }) else { return [] }
                shape = field.shape
            default: return []
            }
        }
        guard case .record(let fields) = shape else { return [] }
        return fields.compactMap { field in
            field.fallback.map { (field.name, $0 == "\"" ? "'\"'" : $0) }
        }
    }
}
