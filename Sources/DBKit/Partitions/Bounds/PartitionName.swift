public import Operations
import Postgres

/// What partitions are called, as in `{table}_p{yyyy}_{mm}`. Never silently the same for two ranges: a template that
/// cannot tell the ranges of a step apart is refused, and of a table's name that is too long a part gives way, for a hash of
/// all of it.
public struct PartitionName: Sendable, Hashable, CustomStringConvertible {
    enum Field: String, Sendable, CaseIterable {
        case table, yyyy, mm, dd, hh, iyyy, ww, q, from
    }

    enum Part: Sendable, Hashable {
        case text(String)
        case field(Field)
    }

    /// The place where a range begins: a number, or seconds as a clock shows them.
    enum Beginning: Sendable, Hashable {
        case number(Int64)
        case moment(Int64)
    }

    /// The template as it was written.
    public let description: String
    private let parts: [Part]

    /// - Throws: ``SpellingProblem`` for a field that there is not.
    public init(_ template: String) throws(SpellingProblem) {
        description = template
        var parts: [Part] = []
        var rest = template[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}"),
                let field = Field(rawValue: String(rest[rest.index(after: open)..<close]))
            else {
                let known = Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
                throw SpellingProblem("not a template of names: its fields are \(known)")
            }
            parts.append(.field(field))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// What is taken where nobody says otherwise.
    public static func standard(for step: PartitionStep) throws(SpellingProblem) -> PartitionName {
        guard case .calendar(let step) = step else { return try PartitionName("{table}_p{from}") }
        switch step.unit {
        case .hour: return try PartitionName("{table}_p{yyyy}_{mm}_{dd}_{hh}")
        case .day: return try PartitionName("{table}_p{yyyy}_{mm}_{dd}")
        case .week: return try PartitionName("{table}_p{iyyy}_w{ww}")
        case .month: return try PartitionName("{table}_p{yyyy}_{mm}")
        case .quarter: return try PartitionName("{table}_p{yyyy}_q{q}")
        case .year: return try PartitionName("{table}_p{yyyy}")
        }
    }

    /// - Throws: ``SpellingProblem`` when two ranges of the step would have one name, or when nothing is left of 63 bytes.
    func check(_ step: PartitionStep) throws(SpellingProblem) {
        let fields = Set(parts.compactMap { if case .field(let field) = $0 { field } else { nil } })
        guard Self.sufficient(for: step.grid).contains(where: { fields.isSuperset(of: $0) }) else {
            throw SpellingProblem(
                "\(description) gives two partitions of \(step) one name: the default is \(try Self.standard(for: step))"
            )
        }
        if !step.isTime, let field = fields.subtracting([.table, .from]).first {
            throw SpellingProblem("{\(field.rawValue)} is a part of a date, and this key is a number: say {from}")
        }
        // The longest that there is.
        _ = try rendered(
            table: String(repeating: "x", count: Identifier.maximumBytes), step.isTime ? .moment(0) : .number(.min),
            hasHours: true)
    }

    /// Each set alone tells any two ranges of the grid apart (`PartitionNameTests` tries them).
    private static func sufficient(for grid: PartitionStep.Grid) -> [Set<Field>] {
        let days: [Set<Field>] = [[.from], [.yyyy, .mm, .dd]]
        switch grid {
        case .rows: return [[.from]]
        case .hours(let count):
            return [[.from], [.yyyy, .mm, .dd, .hh]] + (count.isMultiple(of: 24) ? [[.yyyy, .mm, .dd]] : [])
        case .days: return days
        case .weeks: return days + [[.iyyy, .ww]]
        case .months(let count):
            let quarters: [Set<Field>] = count.isMultiple(of: 3) ? [[.yyyy, .q]] : []
            return [[.from], [.yyyy, .mm]] + quarters + (count.isMultiple(of: 12) ? [[.yyyy]] : [])
        }
    }

    /// - Throws: ``SpellingProblem`` when nothing of the table's name would be left.
    func rendered(table: String, _ beginning: Beginning, hasHours: Bool) throws(SpellingProblem) -> String {
        let name = joined(table: table, beginning, hasHours)
        guard name.utf8.count > Identifier.maximumBytes else { return name }
        let tables = parts.count { $0 == .field(.table) }
        let fixed = joined(table: "", beginning, hasHours).utf8.count
        let hash = "_" + Self.hash(table)
        let room = tables > 0 ? (Identifier.maximumBytes - fixed) / tables - hash.utf8.count : 0
        guard room > 0 else {
            throw SpellingProblem("\(description) leaves no room for the table within \(Identifier.maximumBytes) bytes")
        }
        return joined(table: Identifier.cut(table, to: room) + hash, beginning, hasHours)
    }

    private func joined(table: String, _ beginning: Beginning, _ hasHours: Bool) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .field(.table): table
            case .field(let field): field.text(of: beginning, hasHours)
            }
        }.joined()
    }

    /// FNV-1a, 32 bits of it.
    private static func hash(_ text: String) -> String {
        let hash = text.utf8.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension PartitionStep {
    /// By the calendar, and not by numbers.
    public var isTime: Bool { if case .calendar = self { true } else { false } }
}

extension PartitionName.Field {
    fileprivate func text(of beginning: PartitionName.Beginning, _ hasHours: Bool) -> String {
        guard case .moment(let seconds) = beginning else {
            guard case .number(let number) = beginning else { return "" }
            // A minus sign would have to be quoted for ever after.
            return number < 0 ? "m\(number.magnitude)" : String(number)
        }
        let day = CivilDay(days: seconds.flooredQuotient(86_400))
        let hour = seconds.flooredRemainder(86_400) / 3600
        switch self {
        case .yyyy: return day.year.padded(4)
        case .mm: return day.month.padded(2)
        case .dd: return day.day.padded(2)
        case .hh: return hour.padded(2)
        case .iyyy: return day.isoWeek.year.padded(4)
        case .ww: return day.isoWeek.week.padded(2)
        case .q: return String((day.month + 2) / 3)
        case .from:
            return "\(day.year.padded(4))\(day.month.padded(2))\(day.day.padded(2))"
                + (hasHours ? hour.padded(2) : "")
        case .table: return ""
        }
    }
}
