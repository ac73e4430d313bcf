/// The manual of one command, in mdoc(7).
struct ManPage {
    let command: CommandHelp
    /// Commands that are named in SEE ALSO.
    let related: [CommandHelp]
    /// `November 29, 2026`
    let date: String
    let version: String

    /// `dbctl-backup-create`
    var name: String { command.path.joined(separator: "-") }
    var fileName: String { "\(name).1" }

    var text: String {
        let sections = [
            head, synopsis, description, verbs, options, environment, files, exitStatus, examples, seeAlso,
        ]
        return sections.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private var head: String {
        var abstract = command.abstract ?? ""
        if abstract.hasSuffix(".") { abstract.removeLast() }
        return """
            .Dd \(date)
            .Dt \(name.uppercased()) 1
            .Os \(version)
            .Sh NAME
            .Nm \(name)
            .Nd \(Mdoc.line(abstract))
            """
    }

    private var synopsis: String {
        var lines = [".Sh SYNOPSIS", ".Nm \(command.path.joined(separator: " "))"]
        for option in command.ownOptions {
            let value = option.kind == .option ? " Ar \(Mdoc.argument(option.valueName ?? "value"))" : ""
            lines.append(".\(option.isOptional ? "Op " : "")Fl \\-\(Mdoc.argument(option.longName))\(value)")
        }
        if !command.globalOptions.isEmpty { lines.append(".Op Ar global options") }
        for argument in command.positionals {
            let value = "Ar \(Mdoc.argument(argument.valueName ?? "value"))\(argument.isRepeating ? " ..." : "")"
            lines.append(".\(argument.isOptional ? "Op " : "")\(value)")
        }
        if !command.verbs.isEmpty { lines.append(".Ar command") }
        return lines.joined(separator: "\n")
    }

    private var description: String {
        let paragraphs = [command.abstract ?? ""] + command.text.paragraphs
        return ".Sh DESCRIPTION\n" + paragraphs.map(Mdoc.text).joined(separator: "\n.Pp\n")
    }

    private var verbs: String {
        guard !command.verbs.isEmpty else { return "" }
        return Self.list(".Sh COMMANDS", command.verbs.map { ("Ic \($0.commandName)", $0.abstract ?? "") })
    }

    private var options: String {
        let own = command.positionals + command.ownOptions
        return [
            own.isEmpty ? "" : Self.list(".Sh OPTIONS", own.map(Self.item)),
            command.globalOptions.isEmpty
                ? ""
                : Self.list(
                    ".\(own.isEmpty ? "Sh OPTIONS\n" : "")Ss Global options", command.globalOptions.map(Self.item)),
            command.globalOptions.isEmpty && own.isEmpty
                ? Self.list(".Sh OPTIONS", command.commonOptions.map(Self.item)) : "",
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func item(_ argument: ArgumentHelp) -> (String, String) {
        let value = Mdoc.argument(argument.valueName ?? "value")
        let macro =
            switch argument.kind {
            case .positional: "Ar \(value)"
            case .option: "Fl \\-\(Mdoc.argument(argument.longName)) Ar \(value)"
            case .flag: "Fl \\-\(Mdoc.argument(argument.longName))"
            }
        return (macro, argument.meaning)
    }

    private var environment: String {
        Self.list(".Sh ENVIRONMENT", Surroundings.environment.map { ("Ev \(Mdoc.argument($0.name))", $0.meaning) })
    }

    private var files: String {
        Self.list(".Sh FILES", Surroundings.files.map { ("Pa \(Mdoc.argument($0.name))", $0.meaning) })
    }

    private var exitStatus: String {
        let text = command.text
        var lines = [".Sh EXIT STATUS"]
        let numbered = text.exits.filter { $0.code != nil }
        for exit in text.exits where exit.code == nil { lines.append(Mdoc.text(Self.sentence(exit.meaning))) }
        if !numbered.isEmpty {
            lines.append(Self.list("", numbered.map { ($0.code ?? "", $0.meaning) }))
        }
        if let notes = text.exitNotes { lines += [".Pp", Mdoc.text(notes)] }
        return lines.joined(separator: "\n")
    }

    private var examples: String {
        let lines = command.text.examples.map(Mdoc.line)
        return (lines.isEmpty ? [] : [".Sh EXAMPLES", ".Bd -literal -offset indent"] + lines + [".Ed"])
            .joined(separator: "\n")
    }

    private var seeAlso: String {
        let names = related.map { $0.path.joined(separator: "-") }.sorted()
        guard !names.isEmpty else { return "" }
        let references = names.enumerated().map { ".Xr \($1) 1\($0 == names.count - 1 ? "" : " ,")" }
        return ".Sh SEE ALSO\n" + references.joined(separator: "\n")
    }

    private static func list(_ heading: String, _ items: [(macro: String, text: String)]) -> String {
        let head = heading.isEmpty ? [] : [heading]
        let body = items.map { ".It \($0.macro)\n\(Mdoc.text($0.text))" }
        return (head + [".Bl -tag -width Ds"] + body + [".El"]).joined(separator: "\n")
    }

    private static func sentence(_ text: String) -> String {
        text.hasSuffix(".") ? text : text + "."
    }
}

extension ArgumentHelp {
    fileprivate var longName: String { String(name.dropFirst(name.hasPrefix("--") ? 2 : 1)) }
}
