import Operations

/// The rows that one guard holds back: how many, the first of them, and how they would be vouched for. Memory stays the
/// same for any number of them.
struct HeldRows: Sendable {
    private var count: Int64 = 0
    private var samples: [String] = []
    private var names = FewNames()
    private var assets = FewNames()
    private var days = FewNames()

    private static let mostSamples = 10

    mutating func add(_ row: RowGuards.Row, _ reason: String) {
        count += 1
        if samples.count < Self.mostSamples {
            samples.append("\(row.file):\(row.line) \(row.key.joined(separator: " ")): \(reason)")
        }
        names.add(AllowedRows.spelling(asset: row.asset, date: row.date))
        assets.add(AllowedRows.spelling(asset: row.asset, date: nil))
        days.add(row.date.map { AllowedRows.spelling(asset: ["*"], date: $0) })
    }

    /// Nil where there are none.
    func finding(_ kind: GuardFinding.Kind, _ what: String, override: String) -> GuardFinding? {
        guard count > 0 else { return nil }
        return GuardFinding(
            kind: kind, message: "\(count) row\(count == 1 ? "" : "s"): \(what)", samples: samples, rows: count,
            override: override)
    }

    /// The option for each of them; nil where that would be a long line.
    var fewNames: String? { names.options }

    /// The narrowest options that let all of them through.
    var manyNames: String { days.options ?? assets.options ?? FewNames.option("*") }

    /// Remembers no more names than somebody would type.
    private struct FewNames: Sendable {
        private var names: [String] = []
        private var areTooMany = false

        private static let most = 3

        mutating func add(_ name: String?) {
            guard !areTooMany else { return }
            guard let name else { return areTooMany = true }
            guard !names.contains(name) else { return }
            if names.count == Self.most { areTooMany = true } else { names.append(name) }
        }

        var options: String? {
            areTooMany ? nil : names.map(Self.option).joined(separator: " ")
        }

        static func option(_ name: String) -> String { "--allow \(ShellWord.quoted(name))" }
    }
}
