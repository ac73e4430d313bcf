/// What a restore would do, in words, for `--dry-run`.
enum RestoreSteps {
    /// - Parameter unfinished: the database of an interrupted restore that this one goes on with.
    static func of(
        _ plan: RestorePlan, _ request: RestoreRequest, about: DatabaseStatements, unfinished: String?
    ) -> [String] {
        func renamed(_ statement: ArchiveText) -> String {
            "run "
                + DatabaseName.replacing(about.name, with: ArchiveText(request.into), in: statement).oneLine
        }
        var steps: [String] = []
        if let unfinished {
            let skipped = plan.skipped
            steps.append(
                "go on with \(unfinished), which has \(skipped.tables) tables and \(skipped.chunks) parts of tables already"
            )
        } else if request.makesDatabase {
            steps.append("create a database from template0, under a temporary name")
            steps += about.before.map(renamed)
        }
        steps += plan.definitions.map { "create \($0.shownName)" }
        for pass in RestoreSelection.Pass.allCases {
            steps += plan.items.filter { $0.pass == pass }.compactMap(step)
        }
        if request.scope == .all { steps.append("ANALYZE every table") }
        if request.makesDatabase { steps += about.after.map(renamed) }
        steps += plan.last.map { "create \($0.shownName)" }
        if request.makesDatabase {
            steps.append("rename the database to \(request.into)")
        }
        return steps
    }

    private static func step(_ item: WorkItem) -> String? {
        switch item.action {
        case .chunk: nil
        case .entry(let entry), .join(let entry):
            switch entry.kind {
            case .tableData, .largeObjectData: "load \(entry.shownName) (\(item.weight) bytes on disk)"
            case .acl, .defaultACL: "grant \(entry.shownName)"
            case .sequenceSet, .materializedViewData: "run \(entry.definition?.oneLine ?? "")"
            default: "create \(entry.shownName)"
            }
        }
    }
}

extension ArchiveText {
    var oneLine: String {
        string.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
