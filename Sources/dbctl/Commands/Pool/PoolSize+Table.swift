import DBKit

extension PoolSizeReport: CommandResult {
    var exitStatus: ExitStatus { isPossible ? .done : .negative }

    func human(_ style: Style) -> String {
        let blocks = [
            ([verdict(style)] + warnings.map { "\(style.warning("warning:")) \($0)" }).joined(separator: "\n"),
            inputTable(style), termTable(style), snippets,
            notes.map { "note: \($0)" }.joined(separator: "\n"),
        ]
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func verdict(_ style: Style) -> String {
        let word =
            !isPossible ? style.bad("NO SIZE FITS") : obstacles.isEmpty ? style.good("SIZE") : style.warning("SIZE")
        let instances = inputs.first { $0.name == "instances" }?.value.map { Int($0) } ?? 1
        let whose = instances == 1 ? "for one instance" : "for each of \(instances) instances"
        return "\(word): pool_size \(poolSize), max_overflow \(maxOverflow) \(whose) (\(decidedBy) decides; "
            + "\(connectionsAtSurge) connections at most in a deploy); pgbouncer default_pool_size \(defaultPoolSize)"
    }

    private func inputTable(_ style: Style) -> String {
        var table = TextTable("INPUT", .right("VALUE"), "SOURCE", "FROM")
        for input in inputs {
            let value = input.value.map(Self.number) ?? "?"
            table.add(
                input.name, value, input.source == .unknown ? style.warning("unknown") : input.source.rawValue,
                input.from)
        }
        return table.rendered(style)
    }

    private func termTable(_ style: Style) -> String {
        var table = TextTable("TERM", .right("SERVER"), .right("INSTANCE"), "FORMULA", "WITH NUMBERS")
        for term in terms {
            let own = Self.number(term.perInstance)
            table.add(
                term.name == decidedBy ? style.bold(term.name) : term.name, Self.number(term.total),
                own == "\(term.size)" ? own : "\(own): \(term.size)", term.formula, term.calculation)
        }
        let floor = deadlockFloor.map(String.init) ?? "?"
        table.add("deadlock_floor", "", floor, "workers × (connections per worker − 1) + 1", "")
        return table.rendered(style)
    }

    private var snippets: String {
        """
        # SQLAlchemy, in each instance
        engine = create_engine(url, pool_size=\(poolSize), max_overflow=\(maxOverflow), pool_timeout=30, pool_pre_ping=True)

        ; pgbouncer.ini, one pgbouncer for all instances
        [pgbouncer]
        pool_mode = transaction
        default_pool_size = \(defaultPoolSize)
        """
    }

    /// A hold time of 12 ms is not 0.01.
    private static func number(_ value: Double) -> String {
        if value == value.rounded(), value.magnitude < 1e12 { return String(Int(value)) }
        guard value.magnitude < 0.1, value != 0 else { return value.rounded(toDigits: 3) }
        return "\((value * 1e6).rounded() / 1e6)"
    }
}
