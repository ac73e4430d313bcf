import DBKit
import Foundation

extension DoctorReport: CommandResult {
    func human(_ style: Style) -> String {
        let tables: [(String, TextTable)] = [
            ("By state", stateTable), ("By client", clientTable), ("Working sessions wait for", waitTable),
            ("Lock tree", lockTable), ("Oldest transactions", transactionTable), ("Holding back clean-up", xminTable),
            ("Replication slots", slotTable), ("Transaction age of databases", ageTable),
            ("At the pooler", poolerTable),
        ]
        let blocks = [
            "\(style.verdict(verdict.grade)): \(TextTable.printable(verdict.text))",
            evidence.map { "  - \(TextTable.printable($0))" }.joined(separator: "\n"),
            nextCommand.map { "Next: \(style.bold(TextTable.printable($0)))\(isDryRun($0))" } ?? "",
            others(style),
            way,
        ]
        return
            (blocks
            + tables.filter { !$0.1.isEmpty }.map { "\(style.bold($0.0))\n\($0.1.rendered(style))" }
            + [notes.map { "note: \(TextTable.printable($0))" }.joined(separator: "\n")])
            .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func isDryRun(_ command: String) -> String {
        command.hasPrefix("dbctl pool kill") ? "   (shows whom; with --yes it does it)" : ""
    }

    private func others(_ style: Style) -> String {
        findings.dropFirst().map { finding in
            "Also \(style.verdict(finding.grade)): \(TextTable.printable(finding.text))"
                + (finding.nextCommand.map { "\n  next: \(TextTable.printable($0))" } ?? "")
        }.joined(separator: "\n")
    }

    private var way: String {
        let tried = refusals.map { "\($0.route.rawValue) as \($0.userName): \($0.code)" }
        let server = server.map { server in
            "PostgreSQL \(server.version), \(server.isStandby ? "standby" : "primary"), as \(server.role) in database "
                + "\(server.database), "
        }
        return "\(server ?? "")way in: \(route.rawValue)"
            + (tried.isEmpty ? "" : " (before it: \(tried.joined(separator: "; ")))")
    }

    private var stateTable: TextTable {
        var table = TextTable("STATE", .right("SESSIONS"), .right("LONGEST"))
        for use in states { table.add(use.state, "\(use.sessions)", use.longestS.map(Style.span) ?? "") }
        return table
    }

    /// More would push the verdict off the screen; JSON has all.
    private static let rows = 15

    private var clientTable: TextTable {
        var table = TextTable(
            "USER", "APPLICATION", "CLIENT", "DATABASE", .right("SESSIONS"), .right("ACTIVE"),
            .right("IDLE IN TRANSACTION"))
        for use in clients.prefix(Self.rows) {
            table.add(
                use.userName ?? "", use.applicationName, use.clientAddress ?? (use.unknown > 0 ? "unknown" : "socket"),
                use.databaseName ?? "",
                "\(use.sessions)", use.active.map(String.init) ?? "unknown",
                use.idleInTransaction.map(String.init) ?? "unknown")
        }
        return table
    }

    private var waitTable: TextTable {
        var table = TextTable("WAIT", .right("SESSIONS"))
        for use in waits.prefix(Self.rows) {
            table.add([use.type, use.event].compactMap { $0 }.joined(separator: ":"), "\(use.sessions)")
        }
        return table
    }

    private var lockTable: TextTable {
        var table = TextTable("WHO", "APPLICATION", "WAITS FOR", .right("WAIT"), "STATE", "STATEMENT")
        for line in lockWaits.prefix(2 * Self.rows) {
            let who = line.gid.map { "prepared “\($0)”" } ?? "pid \(line.pid)"
            table.add(
                String(repeating: "  ", count: line.level) + who, line.applicationName ?? "",
                [line.mode, line.relation.map { "on \($0)" }].compactMap { $0 }.joined(separator: " "),
                line.waitS.map(Style.span) ?? "", line.state ?? "", Self.short(line.query))
        }
        return table
    }

    private var transactionTable: TextTable {
        var table = TextTable("PID", "APPLICATION", "USER", .right("OPEN FOR"), "STATE", "STATEMENT")
        for one in oldestTransactions {
            table.add(
                "\(one.pid)", one.applicationName, one.userName ?? "", Style.span(one.ageS), one.state ?? "",
                Self.short(one.query))
        }
        return table
    }

    private var xminTable: TextTable {
        var table = TextTable("WHAT", "NAME", .right("TRANSACTIONS"), "RELEASED BY")
        for holder in xminHolders.prefix(Self.rows) {
            table.add(holder.source.rawValue, holder.name, "\(holder.age)", holder.statement)
        }
        return table
    }

    private var slotTable: TextTable {
        var table = TextTable("SLOT", "KIND", "USED BY", "WAL", .right("KEEPS"))
        for slot in replicationSlots {
            table.add(
                slot.name, slot.kind, slot.pid.map { "pid \($0)" } ?? "nobody", slot.walStatus ?? "",
                slot.retainedBytes.map { ByteCount(bytes: $0).forEyes } ?? "")
        }
        return table
    }

    private var ageTable: TextTable {
        var table = TextTable("DATABASE", .right("OLDEST ROW"), .right("OF 2147 MILLION"))
        for database in databases.sorted(by: { $0.oldest > $1.oldest }).prefix(3) {
            table.add(
                database.name, "\(database.oldest) transactions",
                "\((Double(database.oldest) * 100 / 2_147_483_648).rounded(toDigits: 2)) %")
        }
        return table
    }

    private var poolerTable: TextTable {
        var table = TextTable(
            "DATABASE", "USER", .right("CLIENTS"), .right("WAITING"), .right("LONGEST"), .right("SERVERS"),
            .right("IDLE"),
            .right("LOGGING IN"))
        for pool in pooler?.pools ?? [] {
            table.add(
                pool.database, pool.user, "\(pool.clientsActive)", "\(pool.clientsWaiting)",
                Style.span(pool.longestWaitS),
                "\(pool.servers)", "\(pool.serversIdle)", "\(pool.serversLogin)")
        }
        return table
    }

    private static func short(_ query: String?) -> String {
        let line = (query ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 60 ? line.prefix(59) + "…" : line
    }
}

extension ObservedDatabase {
    /// Of both counters, which run out in the same way.
    fileprivate var oldest: Int { max(frozenXidAge, frozenMultixactAge) }
}
