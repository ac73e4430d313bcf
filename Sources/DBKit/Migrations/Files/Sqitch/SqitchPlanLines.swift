import Operations

/// Reads a plan line by line.
struct SqitchPlanLines {
    private let lines: [Substring]
    /// Where each change's name was last used.
    private var places: [String: Int] = [:]
    /// Where it was first used.
    private var firstPlaces: [String: Int] = [:]
    /// How many changes there were when a tag was set.
    private var tagged: [String: Int] = [:]

    init(_ text: String) {
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    mutating func read(into plan: inout SqitchPlan) throws(SQLScriptError) {
        for (index, line) in lines.enumerated() {
            let parts = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let content = (parts.first ?? "").trimmed
            let note = parts.count > 1 ? parts[1].trimmed : ""
            do throws(SpellingProblem) {
                if content.isEmpty { continue }
                if content.first == "%" {
                    try readPragma(content.dropFirst().trimmed, &plan)
                } else {
                    guard !plan.project.isEmpty else { throw SpellingProblem("there is no %project above it") }
                    try readEntry(content, Self.unescaped(note), line: index + 1, &plan)
                }
            } catch {
                throw SQLScriptError(line: index + 1, message: error.description)
            }
        }
        guard !plan.project.isEmpty else { throw SQLScriptError(line: 1, message: "there is no %project") }
    }

    private func readPragma(_ text: Substring, _ plan: inout SqitchPlan) throws(SpellingProblem) {
        guard plan.changes.isEmpty else { throw SpellingProblem("a pragma below the first change") }
        let parts = text.split(separator: "=", maxSplits: 1).map(\.trimmed)
        switch parts.first {
        case "syntax-version":
            guard parts.last == "1.0.0" || parts.last == "1.0.0-b2" || parts.last == "1.0.0-b1" else {
                throw SpellingProblem("a plan of syntax \(parts.last ?? ""); dbctl reads 1.0.0")
            }
        case "project": plan.project = parts.count > 1 ? String(parts[1]) : ""
        case "uri": plan.uri = parts.count > 1 ? String(parts[1]) : nil
        default: break
        }
    }

    /// `[+]name [dependencies] date planner`, or `@tag date planner`.
    private mutating func readEntry(
        _ text: Substring, _ note: String, line: Int, _ plan: inout SqitchPlan
    ) throws(SpellingProblem) {
        var rest = text
        if rest.first == "-" {
            throw SpellingProblem("a change that takes another back (-name), which sqitch itself does not run yet")
        }
        if rest.first == "+" { rest = rest.dropFirst().trimmed }
        let isTag = rest.first == "@"
        if isTag { rest = rest.dropFirst() }
        let name = String(rest.prefix { !$0.isWhitespace })
        rest = rest.dropFirst(name.count).trimmed
        try Self.check(name)
        var dependencies: [String] = []
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw SpellingProblem("the [ has no ]") }
            dependencies = rest[..<end].dropFirst().split { $0.isWhitespace }.map(String.init)
            rest = rest[end...].dropFirst().trimmed
        }
        let date = String(rest.prefix { !$0.isWhitespace })
        let planner = rest.dropFirst(date.count).trimmed
        guard date.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/.asciiOnlyDigits()) != nil,
            planner.contains(" <"), planner.last == ">"
        else {
            throw SpellingProblem("after the name belong a date and a planner: 2026-01-31T12:00:00Z Name <address>")
        }
        if isTag { return try add(tag: name, dependencies, &plan) }
        var change = SqitchPlan.Change(name: name, date: date, planner: String(planner), note: note, line: line)
        for dependency in dependencies {
            let isConflict = dependency.hasPrefix("!")
            let bare = plan.withoutProject(isConflict ? String(dependency.dropFirst()) : dependency)
            if isConflict { change.conflicts.append(bare) } else { change.requires.append(bare) }
        }
        try add(change, &plan)
    }

    private mutating func add(
        tag: String, _ dependencies: [String], _ plan: inout SqitchPlan
    ) throws(SpellingProblem) {
        guard !plan.changes.isEmpty else { throw SpellingProblem("the tag @\(tag) has no change above it") }
        guard dependencies.isEmpty else { throw SpellingProblem("a tag has no dependencies") }
        guard tagged[tag] == nil else { throw SpellingProblem("a second tag @\(tag)") }
        plan.changes[plan.changes.count - 1].tags.append(tag)
        tagged[tag] = plan.changes.count
    }

    private mutating func add(_ new: SqitchPlan.Change, _ plan: inout SqitchPlan) throws(SpellingProblem) {
        var change = new
        for dependency in change.requires where !isKnown(dependency) {
            throw SpellingProblem("\(change.name) requires \(dependency), which no line above it has")
        }
        for dependency in change.conflicts where isOfProject(dependency) && isKnown(dependency) {
            throw SpellingProblem("\(change.name) conflicts with \(dependency), which a line above it has")
        }
        if let other = places[change.name] {
            // As sqitch looks for them: those of the latest change first, the reworked one's own last.
            let tags = plan.changes[other...].reversed().flatMap(\.tags)
            guard !tags.isEmpty else {
                throw SpellingProblem(
                    "a second \(change.name) without a tag since the one on line \(plan.changes[other].line)")
            }
            plan.changes[other].reworkTags = tags
        }
        change.id = SqitchChangeID.of(change, in: plan, after: plan.changes.last?.id)
        places[change.name] = plan.changes.count
        firstPlaces[change.name] = firstPlaces[change.name] ?? plan.changes.count
        plan.changes.append(change)
    }

    /// Another project's changes, and those named by their id, are in no plan that is at hand.
    private func isOfProject(_ dependency: String) -> Bool {
        !dependency.contains(":") && dependency.wholeMatch(of: /[0-9a-f]{40}/) == nil
    }

    private func isKnown(_ dependency: String) -> Bool {
        guard isOfProject(dependency) else { return true }
        let parts = dependency.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count > 1 else { return places[dependency] != nil }
        guard let count = tagged[String(parts[1])] else { return false }
        return parts[0].isEmpty || firstPlaces[String(parts[0])].map { $0 < count } == true
    }

    private static func check(_ name: String) throws(SpellingProblem) {
        // As in sqitch; `_` counts as a letter there.
        let marks = "-!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~"
        guard let first = name.first, let last = name.last, !marks.contains(first), !marks.contains(last),
            !name.contains(where: { "@:#\\".contains($0) }), name != "ROOT", name != "HEAD"
        else { throw SpellingProblem("\(name.isEmpty ? "an empty name" : name) is no name of a change or a tag") }
    }

    private static func unescaped(_ note: Substring) -> String {
        var text = ""
        var rest = note
        while let character = rest.popFirst() {
            switch (character, rest.first) {
            case ("\\", "n"): text.append("\n")
            case ("\\", "r"): text.append("\r")
            case ("\\", "\\"): text.append("\\")
            default:
                text.append(character)
                continue
            }
            rest.removeFirst()
        }
        return text
    }
}
