import DBKit

extension BenchPlan {
    func human(_ style: Style) -> String {
        """
        \(style.bold("DRY RUN")): \(clients) clients would share \(poolSize) connections for \(Style.span(durationS)): \
        \(TextTable.printable(statement))
        of \(server.ordinary) ordinary slots \(server.usedByOthers) are used by others, \(server.connections) would be \
        opened, \(max(0, server.ordinaryFree)) (\(server.ordinaryFreePercent.rounded(toDigits: 2)) %) stay free; a pool of \
        up to \(server.largestPool) leaves \(BenchRoom.keptFree) %
        """
    }
}

extension BenchReport {
    func human(_ style: Style) -> String {
        let blocks = [
            verdict(style), waits(style), failures(style), figures, notes.map { "note: \($0)" }.joined(separator: "\n"),
        ]
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func verdict(_ style: Style) -> String {
        let rate = "\(throughputTps.rounded(toDigits: 3)) transactions/s"
        let who = "\(clients) clients through \(poolSize) connections in \(durationS.rounded(toDigits: 3)) s"
        guard errorsTotal == 0, transactions > 0 else {
            let why = errorsTotal > 0 ? "\(errorsTotal) errors" : "not one transaction was done"
            return "\(style.bad("NO")): \(why), \(transactions) transactions, \(who), \(rate)"
        }
        return "\(style.good("HOLDS")): \(who): 0 errors, \(transactions) transactions, \(rate), acquire p50 "
            + "\(Self.time(acquire.p50S)), p99 \(Self.time(acquire.p99S))"
    }

    private func waits(_ style: Style) -> String {
        var table = TextTable("", .right("P50"), .right("P90"), .right("P99"), .right("MAX"))
        for (name, times) in [("acquire", acquire), ("statement", statementTime)] {
            table.add(name, Self.time(times.p50S), Self.time(times.p90S), Self.time(times.p99S), Self.time(times.maxS))
        }
        return table.rendered(style)
    }

    private func failures(_ style: Style) -> String {
        guard !errors.isEmpty else { return "" }
        var table = TextTable("SQLSTATE", .right("COUNT"), "CODE", "FIRST")
        for error in errors { table.add(error.sqlstate ?? "none", String(error.count), error.code, error.message) }
        return table.rendered(style)
    }

    private var figures: String {
        let evicted =
            pool.evicted.isEmpty
            ? "0"
            : pool.evicted.sorted { $0.key < $1.key }
                .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        var lines = [
            "pool: \(pool.opened) opened, \(pool.waits) waits, at most \(pool.peakWaiting) waiting at once, "
                + "\(pool.timeouts) timeouts, evicted: \(evicted), failed connects: \(pool.failedConnects)",
            "server: at most \(peakServerConnections.map(String.init) ?? "?") connections of this run; "
                + "\(max(0, server.ordinaryFree)) of \(server.ordinary) ordinary slots stayed free "
                + "(\(server.ordinaryFreePercent.rounded(toDigits: 2)) %)",
        ]
        if let clientsAtOneSecond {
            lines.append(
                "extrapolated, not measured: about \(clientsAtOneSecond) such clients before the acquire p99 passes 1 s, "
                    + "as long as the throughput stays")
        }
        return lines.joined(separator: "\n")
    }

    private static func time(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        return seconds < 0.1 ? "\((seconds * 1000).rounded(toDigits: 3)) ms" : "\(seconds.rounded(toDigits: 3)) s"
    }
}
