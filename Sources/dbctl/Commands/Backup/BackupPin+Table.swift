import DBKit

extension SetPin: CommandResult {
    func human(_ style: Style) -> String {
        let verdict = pinned ? "PINNED" : "NOT PINNED"
        let how = !changed ? ", as before" : dryRun ? ", if this were no dry run" : ""
        return TextTable.printable("\(style.good(verdict)) \(database)/\(set)\(how)")
    }
}
