/// What a restore of tables would do, in words, for `--dry-run` and for `--clean` without `--yes`.
enum TableSteps {
    static func of(_ work: TableTransaction) -> [String] {
        let made = work.excerpt.parts.map { part in
            switch part.kind {
            case .tableData: "load \(part.shownName) (\(work.folder.bytes(part)) bytes on disk)"
            case .acl: "grant \(part.shownName)"
            default: "create \(part.shownName)"
            }
        }
        let dropped = work.doomed.map {
            "DROP TABLE \($0.quoted.string), with its rows, indexes, triggers and grants"
        }
        let joined = work.excerpt.links.compactMap { step($0, isReplacement: !work.doomed.isEmpty) }
        guard work.relocation != nil else { return dropped + made + joined }
        let unseen = made.map { "\($0), where nobody sees it" }
        if let copy = work.request.copyName { return unseen + ["name it \(copy), and all that comes with it alike"] }
        return unseen + dropped + work.doomed.map { "put the restored \($0.shown) in its place" } + joined
    }

    private static func step(_ link: TableExcerpt.Link, isReplacement: Bool) -> String? {
        switch link {
        case .foreignKey(_, isIncoming: true) where isReplacement: nil
        case .foreignKey(let key, _): "add foreign key \(key.shownName), where both tables are there"
        case .partition(let entry, let parent): "attach \(RelationName(entry).shown) to \(parent.shown)"
        case .publication(let entry): "create \(entry.shownName)"
        }
    }
}
