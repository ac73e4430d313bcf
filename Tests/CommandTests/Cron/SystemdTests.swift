import DBKit
import Foundation
import TestSupport
import Testing

@Suite("The units, as systemd's own tools see them")
struct SystemdUnitTests {
    /// The units under the names of their instances, with programs that are here.
    private static func with(_ body: (String, [String]) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let files = try ["service", "timer"].flatMap { try ScheduledJob.files(".\($0)", under: "systemd") }
            var names: [String] = []
            for file in files {
                let text = try ScheduledJob.text(file)
                    .replacing("ExecStart=dbctl ", with: "ExecStart=\(DbctlBinary.path) ")
                    .replacing("/usr/lib/dbctl/dbctl-failure", with: "\(ScheduledJob.folder)/systemd/dbctl-failure")
                let template = String(file.dropFirst("systemd/".count))
                let name = try Unit(template).name
                for name in Set([template, name]) {
                    try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
                }
                names.append("\(folder)/\(name)")
            }
            try await body(folder, names)
        }
    }

    @Test("systemd-analyze verify has nothing to say")
    func verify() async throws {
        try await Self.with { _, names in
            #expect(names.count == 25)
            let outcome = try await Program.run("/usr/bin/systemd-analyze", ["verify"] + names)
            #expect(outcome.exitCode == 0 && outcome.stdout == "" && outcome.stderr == "", "\(outcome.stderr)")
        }
    }

    @Test("systemd-analyze security calls every job OK; a unit without any of it is UNSAFE")
    func security() async throws {
        try await Self.with { folder, names in
            let plain = "\(folder)/plain.service"
            try Data("[Service]\nType=oneshot\nExecStart=/bin/true\n".utf8).write(to: URL(filePath: plain))
            let jobs = names.filter { $0.hasSuffix(".service") && !$0.contains("dbctl-failure") }
            for (name, isOpen) in jobs.map({ ($0, false) }) + [(plain, true)] {
                let outcome = try await Program.run(
                    "/usr/bin/systemd-analyze", ["security", "--offline=yes", "--no-pager", "--threshold=25", name])
                #expect((outcome.exitCode == 0) == !isOpen, "\(name): \(outcome.stdout.suffix(200))")
                #expect(outcome.stdout.contains(isOpen ? "UNSAFE" : "OK"))
            }
        }
    }
}

@Suite("The units, under a real systemd", .enabled(if: PrivateMachine.isPossible, CronMachine.needs))
struct SystemdTests {
    private static func with(_ body: (CronMachine) async throws -> Void) async throws {
        try await CronMachine.with(start: "/lib/systemd/systemd --system --unit=test.target --show-status=no") { own in
            try await eventually("systemd is there") {
                try await own.machine.run("systemctl is-active test.target").stdout == "active\n"
            }
            try await body(own)
        }
    }

    @Test("each works with no more than its unit allows, says nothing, and leaves nothing but what it is for")
    func work() async throws {
        try await Self.with { own in
            let units = try CronLinesTests.Scheduler.systemd.jobs().map(\.file).map(Unit.init)
            for unit in units {
                let outcome = try await own.machine.run("systemctl start \(unit.name)")
                let said = try await own.run("journalctl --quiet -o cat _SYSTEMD_UNIT=\(unit.name)")
                #expect(outcome.exitCode == 0 && said == "", "\(unit.name): \(outcome.stderr)\n\(said)")
            }
            let sets = try await own.run("cd /var/backups/dbctl && cat */*.state.json")
            #expect(sets.contains("\"verified\"") && sets.contains("\"drilled\""), "\(sets)")
            #expect(try await own.run("ls /var/backups/dbctl/.partitions/*/*/manifest.json | wc -l") == "1")
            #expect(try await own.run("find /var/backups/dbctl -not -user dbctl -o -perm /077") == "")
            let left = "find /tmp /var/tmp /var/lib/dbctl -mindepth 1 -maxdepth 1 -not -name 'systemd-private-*'"
            #expect(try await own.run(left) == "")
            #expect(try await own.mails() == [])
            for unit in units {
                try await own.run("systemctl enable --now \(unit.name.replacing(".service", with: ".timer")) 2>&1")
            }
            #expect(try await own.run("systemctl list-timers --no-legend 'dbctl-*' | wc -l") == "12")
        }
    }

    @Test(
        "one that fails mails one block with its verdict or code, and what to type next; a retry comes first where it is safe"
    )
    func failure() async throws {
        try await Self.with { own in
            try await own.run(
                """
                sed -i 's|127.0.0.1:[0-9]*/|127.0.0.1:1/|' /etc/dbctl/dbctl.yaml
                sed -i 's/^RestartSec=.*/RestartSec=100ms/' /etc/systemd/system/dbctl-partition-ensure@.service
                systemctl daemon-reload
                """)
            let failing = ["dbctl-check@prod", "dbctl-backup-check", "dbctl-drill@prod", "dbctl-partition-ensure@prod"]
            for unit in failing { #expect(try await own.machine.run("systemctl start \(unit)").exitCode != 0) }
            try await eventually("four mails") { try await own.mails().count == failing.count }
            let mails = try await own.mails()
            for (unit, exit, code) in [
                ("dbctl-check@prod", 2, "connect.refused"), ("dbctl-backup-check", 2, "backup.no_good_set"),
                ("dbctl-drill@prod", 66, "backup.set_not_found"),
                ("dbctl-partition-ensure@prod", 69, "connect.refused"),
            ] {
                let mail = try #require(mails.first { $0.contains("Subject: \(unit).service failed on ") })
                #expect(mail.hasPrefix("To: root\n") && mail.contains(": exit \(exit)\n"), "\(mail)")
                // Of the last run, and of no other.
                #expect(mail.matches(of: /code:   ([a-z_.]+), run 01/).map { String($0.1) } == [code], "\(mail)")
                #expect(mail.contains(exit == 2 ? "CRITICAL: " : "systemctl start \(unit).service"), "\(mail)")
                #expect(mail.contains("journalctl --unit=\(unit).service"), "\(mail)")
            }
            let runs = try await own.run(
                "journalctl --quiet -o cat -u dbctl-partition-ensure@prod | grep -c '  code: '")
            #expect(runs == "3")
            let told = try await own.run(
                "journalctl --quiet -o cat -p err -u 'dbctl-failure@*' | grep -c ' failed on '")
            #expect(told == "\(failing.count)")
            // By its process, where the journal was too busy to note the run.
            let said = try await own.run("/usr/lib/dbctl/dbctl-failure dbctl-partition-ensure@prod.service")
            #expect(said.matches(of: /code:   connect.refused, run 01/).count == 1, "\(said)")
        }
    }
    @Test("the mail of a run that ended before the journal had looked at it says what it printed, too")
    func busyJournal() async throws {
        try await Self.with { own in
            let journal = try await own.run("systemctl show --property=MainPID --value systemd-journald")
            try await own.run("kill -STOP \(journal)")
            #expect(try await own.machine.run("systemctl start dbctl-drill@prod").exitCode != 0)
            try await Task.sleep(for: .milliseconds(500))
            try await own.run("kill -CONT \(journal)")
            try await eventually("a mail") { try await own.mails().count == 1 }
            let mail = try await own.mails()[0]
            #expect(mail.contains("Subject: dbctl-drill@prod.service failed on "), "\(mail)")
            #expect(
                mail.matches(of: /code:   ([a-z_.]+), run 01/).map { String($0.1) } == ["backup.set_not_found"],
                "\(mail)")
        }
    }
}
