import DBKit

extension IndexRepairReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func human(_ style: Style) -> String {
        guard !indexes.isEmpty else { return "Nothing to repair." }
        let head = isDryRun ? "\(style.bold("DRY RUN")): nothing was changed. These would be executed:" : nil
        let statements = isDryRun ? indexes.compactMap(\.statement).map { TextTable.printable("\($0);") } : []
        return ([head].compactMap { $0 } + statements + [IndexChange.table(indexes, style)]).joined(separator: "\n")
    }
}
