import DBKit
import Foundation
import TestSupport
import Testing

@Suite("The real cron, with real lines", .enabled(if: PrivateMachine.isPossible, CronMachine.needs))
struct CronDaemonTests {
    /// The file's text with one of its lines, to be run at once in place of its hour.
    private static func crontab(_ file: String, _ verb: String) throws -> String {
        let crontab = Crontab(try ScheduledJob.text(file))
        let line = try #require(crontab.lines.first { $0.command.hasPrefix("dbctl \(verb) ") })
        let variables = crontab.variables.map { "\($0.name)=\($0.value)\n" }.joined()
        return "\(variables)@reboot \(line.user) \(line.command)\n"
    }

    @Test("a job that works mails nothing, one that fails mails one block, and both run as dbctl")
    func mail() async throws {
        let crontabs = [
            "dbctl-backup": try Self.crontab("backup.cron", "backup create"),
            "dbctl-refresh": try Self.crontab("refresh.cron", "refresh run").replacing(
                "FEED_FOLDER=/var/spool/feeds", with: "FEED_FOLDER=/var/spool/nowhere"),
        ]
        try await CronMachine.with(crontabs: crontabs, start: "/usr/sbin/cron -f") { own in
            try await eventually("both have run") {
                // cron waits for a job, and for its mail, in a process of its own.
                let running = try await own.machine.run("pgrep -c -x cron").stdout
                let sets = try await own.machine.run("ls /var/backups/dbctl/*/*/manifest.json")
                let mails = try await own.mails()
                return running == "1\n" && sets.exitCode == 0 && !mails.isEmpty
            }
            let mails = try await own.mails()
            #expect(mails.count == 1, "\(mails)")
            let parts = mails[0].split(separator: "\n\n", maxSplits: 1).map(String.init)
            #expect(parts[0].contains("To: root") && parts[0].contains("dbctl refresh run --config"), "\(parts)")
            let block = parts[1].split(separator: "\n")
            #expect(block.first?.hasPrefix("dbctl refresh run: ") == true, "\(parts)")
            #expect(block.last?.hasPrefix("  code:   storage.not_found, run 01") == true, "\(parts)")
            #expect(block.count { $0.hasPrefix("  code:") } == 1 && block.count { $0.hasPrefix("  hint:") } == 1)
            #expect(try await own.run("stat -c %U:%a /var/backups/dbctl/*/*/manifest.json") == "dbctl:600")
        }
    }
}
