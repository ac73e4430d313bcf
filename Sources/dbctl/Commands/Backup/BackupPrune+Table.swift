import DBKit

extension PruneReport: CommandResult {
    var exitStatus: ExitStatus { failure.map { ExitStatus($0.category) } ?? .done }

    func human(_ style: Style) -> String {
        var lines = [verdict(style)]
        lines += failed.map { TextTable.printable("\(style.bad("FAILED")) \($0.database): \($0.message)") }
        lines += warnings.map { TextTable.printable("\(style.warning("warning:")) \($0)") }
        if !swept.isEmpty { lines.append("removed what a killed run had left: \(swept.joined(separator: ", "))") }
        guard !sets.isEmpty else { return lines.joined(separator: "\n") }
        var table = TextTable("DATABASE", "SET", "AGE", .right("SIZE"), "", "WHY")
        for set in sets {
            let action = set.action == .keep ? style.good("keep") : style.warning("delete")
            table.add(
                set.database, set.set, style.age(set.time), set.sizeBytes.map { ByteCount(bytes: $0).forEyes } ?? "?",
                action, set.why)
        }
        return lines.joined(separator: "\n") + "\n\n" + table.rendered(style)
    }

    private func verdict(_ style: Style) -> String {
        let amount = "\(deleted) of \(sets.count) sets"
        let size = freedBytes > 0 ? ", \(ByteCount(bytes: freedBytes).forEyes)" : ""
        guard dryRun else { return "\(style.good("PRUNED")): \(amount) deleted\(size)" }
        let next = deleted > 0 ? "; --yes deletes them" : ""
        return "\(style.bold("DRY RUN")): nothing was deleted. \(amount) would be\(size)\(next)"
    }
}
