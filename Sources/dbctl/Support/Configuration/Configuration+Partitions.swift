import DBKit
import Foundation

/// The partitioned tables that the configuration declares.
extension Configuration {
    /// In the order of the file; empty when there are none.
    ///
    /// - Throws: `config.type`, `config.missing` and `partition.scheme` with file and line.
    func partitions() throws(Failure) -> [PartitionDeclaration] {
        guard case .list(let entries) = root["partitions"]?.content else { return [] }
        var declared: [PartitionDeclaration] = []
        for (place, entry) in entries.enumerated() {
            let section = PartitionSection(value: entry, path: "partitions[\(place)]", configuration: self)
            let declaration = try section.declaration()
            if let first = declared.first(where: { $0.table == declaration.table }) {
                throw Failure(
                    .configurationDuplicate,
                    "\(self.place(entry)): \(declaration.table) is declared twice, first at \(first.origin ?? "")",
                    hint: "keep one of the two")
            }
            declared.append(declaration)
        }
        return declared
    }

    /// What the schema cannot see; `config check` does, no other verb.
    func checkPartitions() throws(Failure) {
        _ = try partitions()
    }
}

/// One entry under `partitions:`.
private struct PartitionSection {
    let value: ConfigurationValue
    let path: String
    let configuration: Configuration

    func declaration() throws(Failure) -> PartitionDeclaration {
        var declared = PartitionDeclaration(table: try text("table") ?? "", key: try text("by") ?? "", step: try step())
        declared.zone = try read("timezone", Self.zone) ?? declared.zone
        declared.ahead = try text("ahead").flatMap { Int($0) } ?? declared.ahead
        declared.keep = try keep(declared.step)
        declared.onExpire =
            try text("on_expire").flatMap { PartitionDeclaration.Expiry(rawValue: $0) } ?? declared.onExpire
        declared.name = try read("name") { text throws(SpellingProblem) in try PartitionName(text) }
        declared.origin = configuration.place(value)
        // Whatever the type of the key turns out to be.
        let example: PartitionKeyType = declared.step.isTime ? .timestamptz : .bigint
        _ = try declared.scheme(example)
        return declared
    }

    private func step() throws(Failure) -> PartitionStep {
        let calendar = try read("every") { text throws(SpellingProblem) in try CalendarStep(spelled: text) }
        let rows = try text("rows").flatMap { Int64($0) }
        switch (calendar, rows) {
        case (let calendar?, nil): return .calendar(calendar)
        case (nil, let rows?): return .rows(rows)
        case (nil, nil):
            throw Failure(
                .configurationMissing, "\(configuration.place(value)): \(path) has neither every nor rows",
                hint: "add every: 1 month, or rows: 10000000 for a key of integers")
        case (.some, .some):
            throw Failure(
                .configurationContradiction, "\(configuration.place(value)): \(path) has both every and rows",
                hint: "keep every for a key of time, rows for one of integers")
        }
    }

    private func keep(_ step: PartitionStep) throws(Failure) -> PartitionDeclaration.Keep? {
        guard let text = try text("keep") else { return nil }
        let keep: PartitionDeclaration.Keep? =
            if let rows = Int64(text) { .rows(rows) } else { (try? CalendarStep(spelled: text)).map { .calendar($0) } }
        switch (keep, step) {
        case (.calendar(let calendar), .calendar) where PartitionStep.calendar(calendar).isCountable: return keep
        case (.rows, .rows): return keep
        default:
            throw Failure(
                .configurationContradiction,
                "\(configuration.place(value["keep"] ?? value)): \(path).keep and its step are not of one kind",
                hint: step.isTime ? "write keep: 24 months" : "write keep: 100000000, in values of the key")
        }
    }

    private static func zone(_ text: String) throws(SpellingProblem) -> TimeZone {
        guard let zone = TimeZone(identifier: text) else {
            _ = try FeedSpelling.timezone(text)
            throw SpellingProblem("no time zone of that name")
        }
        return zone
    }

    private func text(_ key: String) throws(Failure) -> String? {
        guard let value = value[key] else { return nil }
        return try configuration.resolve(value, at: "\(path).\(key)")
    }

    private func read<Value>(
        _ key: String, _ parse: (String) throws(SpellingProblem) -> Value
    ) throws(Failure) -> Value? {
        guard let found = value[key], let text = try text(key) else { return nil }
        do throws(SpellingProblem) {
            return try parse(text)
        } catch {
            throw Failure(.configurationType, "\(configuration.place(found)): \(path).\(key): \(error)")
        }
    }
}
