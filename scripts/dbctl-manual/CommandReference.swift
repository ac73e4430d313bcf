/// `docs/commands.md`: every command as its help has it.
struct CommandReference {
    let root: CommandHelp

    var text: String {
        var blocks = [
            "# Commands",
            "Written from the commands' own help by `scripts/docs`. `dbctl VERB --help` says the same at the prompt, "
                + "`man dbctl-VERB` where the manuals are installed. What `--format json` prints is in [json.md](json.md).",
            contents, globalOptions,
        ]
        blocks += root.all.dropFirst().map(section)
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private var contents: String {
        let rows = root.all.dropFirst().map { command in
            let name = command.path.joined(separator: " ")
            let indent = String(repeating: "  ", count: command.path.count - 2)
            return "\(indent)- [`\(name)`](#\(Self.anchor(name))) \(Markdown.text(command.abstract ?? ""))"
        }
        return rows.joined(separator: "\n")
    }

    private var globalOptions: String {
        let verb = root.all.first { !$0.globalOptions.isEmpty }
        return
            "## Global options\n\nAccepted after the name of every verb; a verb refuses `--lock-timeout`, `--statement-timeout` and "
            + "`--dry-run` where it would not do what they say. Where there is nothing to change, to confirm or to wait for, "
            + "`--dry-run`, `--yes` and `--wait` make no difference.\n\n"
            + Markdown.options(verb?.globalOptions ?? [])
    }

    private func section(_ command: CommandHelp) -> String {
        let name = command.path.joined(separator: " ")
        let text = command.text
        let own = command.positionals + command.ownOptions
        var blocks = ["\(command.path.count > 2 ? "###" : "##") \(name)", Markdown.text(command.abstract ?? "")]
        blocks.append("```\n\(usage(command))\n```")
        blocks += text.paragraphs.map(Markdown.text)
        if !text.examples.isEmpty { blocks.append("```\n\(text.examples.joined(separator: "\n"))\n```") }
        if !own.isEmpty { blocks.append(Markdown.options(own)) }
        if command.verbs.isEmpty { blocks.append(Markdown.exits(text)) }
        return blocks.joined(separator: "\n\n")
    }

    private func usage(_ command: CommandHelp) -> String {
        var words = command.path
        words += command.positionals.map { argument in
            let value = "<\(argument.valueName ?? "value")>\(argument.isRepeating ? " ..." : "")"
            return argument.isOptional ? "[\(value)]" : value
        }
        words += command.ownOptions.filter { !$0.isOptional }.map { "\($0.name) <\($0.valueName ?? "value")>" }
        if !command.verbs.isEmpty { words.append("<verb>") }
        return (words + ["[options]"]).joined(separator: " ")
    }

    static func anchor(_ heading: String) -> String { heading.replacing(" ", with: "-") }
}
