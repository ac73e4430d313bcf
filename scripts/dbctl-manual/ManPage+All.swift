import ArgumentParser
import Foundation

extension ManPage {
    /// A page for each command: dbctl itself, its areas, its verbs.
    static func all(of root: CommandHelp, date: String, version: String) -> [ManPage] {
        root.all.map { command in
            let siblings = parent(of: command, in: root)?.verbs.filter { $0.path != command.path } ?? []
            let above = [root, parent(of: command, in: root)].compactMap { $0 }.filter { $0.path != command.path }
            // Verbs of dbctl itself have nothing in common with their neighbours.
            let neighbours = command.path.count > 2 ? siblings : []
            var related: [CommandHelp] = []
            for other in above + command.verbs + neighbours where !related.contains(where: { $0.path == other.path }) {
                related.append(other)
            }
            return ManPage(command: command, related: related, date: date, version: version)
        }
    }

    private static func parent(of command: CommandHelp, in root: CommandHelp) -> CommandHelp? {
        root.all.first { $0.path == command.path.dropLast() }
    }
}

/// The date of a manual, as mdoc wants it.
enum ManDate {
    /// - Parameter day: `2026-01-31`; nil is today.
    static func spelled(_ day: String?) throws -> String {
        let words = (day ?? String(Date().formatted(.iso8601).prefix(10))).split(separator: "-")
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == 3, (1...12).contains(numbers[1]) else {
            throw ValidationError("--date needs a day, as in 2026-01-31")
        }
        return "\(months[numbers[1] - 1]) \(numbers[2]), \(numbers[0])"
    }
}
