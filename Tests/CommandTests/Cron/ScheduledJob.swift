import Foundation
import TestSupport

/// One job as one scheduler has it, read from `cron/`.
struct ScheduledJob: Sendable, CustomStringConvertible {
    /// `backup.cron`, `dbctl-backup@.service`, `kubernetes/backup.yaml`
    let file: String
    /// What its scheduler sets, in the file's order.
    let variables: [Variable]
    /// For cron the text that /bin/sh gets, else the words.
    let command: Command

    struct Variable: Hashable, Sendable {
        let name: String
        var value: String
    }

    enum Command: Hashable, Sendable {
        case shell(String)
        case words([String])
    }

    var description: String { "\(file): \(words.joined(separator: " "))" }

    /// What is run in the end, without `--env-file`, in whose place the others set the variables themselves.
    var words: [String] {
        var words: [String] =
            switch command {
            case .words(let words): words
            case .shell(let line): line.replacing("\"", with: "").split(separator: " ").map(String.init)
            }
        for variable in variables {
            words = words.map {
                $0.replacing("${\(variable.name)}", with: variable.value)
                    .replacing("$\(variable.name)", with: variable.value)
            }
        }
        if let place = words.firstIndex(of: "--env-file") { words.removeSubrange(place...(place + 1)) }
        return words
    }

    /// `backup create`
    var verb: String { words.dropFirst().prefix { !$0.hasPrefix("-") }.joined(separator: " ") }

    static let folder = Sources.root.appending(path: "cron").path

    static func text(_ file: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    }

    static func files(_ suffix: String, under place: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(place)").filter { $0.hasSuffix(suffix) }
            .map { place.isEmpty ? $0 : "\(place)/\($0)" }.sorted()
    }
}

/// A file for /etc/cron.d.
struct Crontab: Sendable {
    let variables: [ScheduledJob.Variable]
    let lines: [Line]

    struct Line: Sendable {
        let schedule: String
        let user: String
        let command: String
    }

    init(_ text: String) {
        let rows = text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
        variables = rows.compactMap { row in
            row.wholeMatch(of: /([A-Z_]+)=(.*)/).map { .init(name: String($0.1), value: String($0.2)) }
        }
        lines = rows.compactMap { row in
            // Minute, hour, day, month, weekday, user, command.
            row.wholeMatch(of: /((?:[0-9*][^ ]* ){5})([a-z]+) (.+)/).map {
                Line(schedule: $0.1.trimmingCharacters(in: .whitespaces), user: String($0.2), command: String($0.3))
            }
        }
    }

    static func all() throws -> [ScheduledJob] {
        try ScheduledJob.files(".cron").flatMap { file in
            let crontab = Crontab(try ScheduledJob.text(file))
            return crontab.lines.map {
                ScheduledJob(file: file, variables: crontab.variables, command: .shell($0.command))
            }
        }
    }
}

/// A unit of systemd: `Key=value` lines by section, a key may come more than once.
struct Unit: Sendable {
    let file: String
    private let entries: [(section: String, key: String, value: String)]

    init(_ file: String) throws {
        self.file = file
        var section = ""
        var entries: [(String, String, String)] = []
        for line in try ScheduledJob.text("systemd/\(file)").split(separator: "\n") where !line.hasPrefix("#") {
            if let head = line.wholeMatch(of: /\[(\w+)\]/) { section = String(head.1) }
            guard let pair = line.wholeMatch(of: /(\w+)=(.*)/) else { continue }
            entries.append((section, String(pair.1), String(pair.2)))
        }
        self.entries = entries
    }

    subscript(_ key: String, in section: String = "Service") -> String? {
        entries.last { $0.section == section && $0.key == key }?.value
    }

    func all(_ key: String) -> [String] { entries.filter { $0.key == key }.map(\.value) }

    var keys: Set<String> { Set(entries.map(\.key)) }

    /// Behind the `@`: the feed for a refresh, else the target.
    var instance: String { file.hasPrefix("dbctl-refresh@") ? "prices" : "prod" }

    /// As systemctl names it.
    var name: String { file.replacing("@.", with: "@\(instance).") }

    /// The exit codes after which systemd starts it again: a oneshot can only be told after which it must not.
    var retried: [String] {
        guard self["Restart"] == "on-failure" else { return [] }
        let prevented = (self["RestartPreventExitStatus"] ?? "").split(separator: " ").map(String.init)
        return Self.exitCodes.filter { !prevented.contains($0) }
    }

    /// Of every verb that is no monitor.
    private static let exitCodes = [
        1, 64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 78, 80, 81, 130, 143,
    ].map(String.init)

    static func services() throws -> [Unit] {
        try ScheduledJob.files(".service", under: "systemd").map { $0.replacing("systemd/", with: "") }
            .filter { !$0.hasPrefix("dbctl-failure") }.map(Unit.init)
    }

    var job: ScheduledJob {
        let variables = all("Environment").map { entry in
            let parts = entry.split(separator: "=", maxSplits: 1)
            return ScheduledJob.Variable(name: String(parts[0]), value: String(parts[1]))
        }
        let line = (self["ExecStart"] ?? "").replacing("%i", with: instance)
        return ScheduledJob(
            file: file, variables: variables, command: .words(line.split(separator: " ").map(String.init)))
    }
}
