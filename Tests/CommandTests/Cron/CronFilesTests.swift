import DBKit
import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("What lies in cron/ says the same everywhere, and nothing that is not so")
struct CronFilesTests {
    private static let jobs = [
        "backup check", "backup create", "backup drill", "backup prune", "backup verify", "check", "index audit",
        "partition check", "partition ensure", "partition retain", "pool check", "refresh run",
    ]

    @Test("crontab, units and CronJobs have the same twelve jobs, word for word")
    func sameEverywhere() throws {
        let crontab = try Crontab.all().map(\.words).sorted { $0.lexicographicallyPrecedes($1) }
        let verbs = try Crontab.all().map { $0.verb }.sorted()
        #expect(verbs == Self.jobs)
        let units = try Unit.services().map(\.job.words).sorted { $0.lexicographicallyPrecedes($1) }
        let pods = try KubernetesCronJob.all().map(\.job.words).sorted { $0.lexicographicallyPrecedes($1) }
        #expect(units == crontab)
        #expect(pods == crontab)
        #expect(crontab.allSatisfy { $0.contains("--quiet") })
    }

    @Test("cron/dbctl.yaml is what dbctl init writes, with some of its marks of a comment taken away")
    func configuration() throws {
        let example = try ScheduledJob.text("dbctl.yaml").split(separator: "\n", omittingEmptySubsequences: false)
        let sample = SampleConfiguration.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(example.count == sample.count)
        for (own, original) in zip(example, sample) where own != original {
            #expect(original == "#" + own, "\(own)")
        }
    }

    @Test(
        "dbctl config check passes on it with the variables of cron/dbctl.env, and names the one that is missing without"
    )
    func configCheck() async throws {
        let arguments = ["config", "check", "--config", "\(ScheduledJob.folder)/dbctl.yaml"]
        let checked = try await TestSupport.Dbctl.run(arguments + ["--env-file", "\(ScheduledJob.folder)/dbctl.env"])
        #expect(checked.exitCode == 0 && checked.stdout.contains("1 targets"), "\(checked)")
        #expect(!checked.stdout.contains("without effect"), "\(checked)")
        let without = try await TestSupport.Dbctl.run(arguments)
        #expect(without.exitCode == 78 && without.stderr.contains("PROD_DB_PASSWORD"), "\(without)")
    }

    @Test("a crontab is one that cron reads: a user, a last line that ends, no % that would end a command")
    func crontabs() async throws {
        for file in try ScheduledJob.files(".cron") {
            let text = try ScheduledJob.text(file)
            let crontab = Crontab(text)
            #expect(text.hasSuffix("\n") && !text.contains("%"), "\(file)")
            #expect(
                crontab.lines.count == text.split(separator: "\n").count { $0.contains(" dbctl ") && $0.first != "#" })
            #expect(crontab.lines.allSatisfy { $0.user == "dbctl" && $0.command.hasPrefix("dbctl ") })
            #expect(Set(crontab.variables.map(\.name)).isSuperset(of: ["SHELL", "PATH", "MAILTO"]))
            // A user's own crontab has no column for the user; cron reads both with the same code.
            let own =
                crontab.variables.map { "\($0.name)=\($0.value)" }
                + crontab.lines.map { "\($0.schedule) \($0.command)" }
            try await withTemporaryFolder { folder in
                try Data((own.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: "\(folder)/crontab"))
                let read = try await Program.run("/usr/bin/crontab", ["-n", "\(folder)/crontab"])
                #expect(read.exitCode == 0, "\(file): \(read.stdout)\(read.stderr)")
            }
        }
    }

    @Test("every job's unit is as locked up as the others, and writes where its job does")
    func hardening() throws {
        let units = try Unit.services()
        #expect(units.count == Self.jobs.count)
        let common = units.map(\.keys).reduce(units[0].keys) { $0.intersection($1) }
        #expect(
            common.isSuperset(of: [
                "User", "UMask", "EnvironmentFile", "NoNewPrivileges", "CapabilityBoundingSet", "ProtectSystem",
                "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictAddressFamilies", "SystemCallFilter",
                "TimeoutStartSec", "KillMode", "OnFailure",
            ]))
        let differ: Set = [
            "Description", "ExecStart", "TimeoutStartSec", "Wants", "After", "Environment", "ReadWritePaths",
            "PrivateNetwork", "MemoryDenyWriteExecute", "Restart", "RestartPreventExitStatus", "RestartSec",
            "StartLimitIntervalSec", "StartLimitBurst", "Nice", "IOSchedulingPriority", "RequiresMountsFor",
        ]
        for unit in units {
            #expect(unit.keys.subtracting(differ) == units[0].keys.subtracting(differ), "\(unit.file)")
            for key in common.subtracting(differ) { #expect(unit.all(key) == units[0].all(key), "\(unit.file) \(key)") }
            #expect(unit["ProtectSystem"] == "strict" && unit["UMask"] == "0077" && unit["CapabilityBoundingSet"] == "")
            let writes =
                switch unit.job.verb {
                case "backup create", "backup verify", "backup drill", "backup prune", "partition retain":
                    "/var/backups/dbctl"
                case "refresh run": "/var/spool/feeds"
                default: nil as String?
                }
            #expect(unit["ReadWritePaths"] == writes, "\(unit.file)")
            let usesRepository = writes == "/var/backups/dbctl" || unit.job.verb == "backup check"
            #expect((unit["RequiresMountsFor", in: "Unit"] == "/var/backups/dbctl") == usesRepository, "\(unit.file)")
            // PostgreSQL's JIT, in a throwaway cluster, makes memory executable that it has written.
            let hasCluster = ["backup drill", "partition retain"].contains(unit.job.verb)
            #expect((unit["MemoryDenyWriteExecute"] == nil) == hasCluster, "\(unit.file)")
            #expect((unit["Environment"]?.hasPrefix("DBCTL_SANDBOX_ROOT=/var/tmp/") == true) == hasCluster)
            // A backup that is made and could not prune (81) is not made again; the others go on where they were.
            #expect(!unit.retried.contains("81") || unit.job.verb != "backup create")
            #expect(Set(unit.retried).isSubset(of: ["69", "75", "81"]), "\(unit.file)")
            #expect(unit.retried.isEmpty || unit["StartLimitBurst", in: "Unit"] != nil, "\(unit.file)")
        }
    }

    @Test("every job has a timer that makes up for a time when the machine was off")
    func timers() throws {
        for service in try Unit.services() {
            let timer = try Unit(service.file.replacing(".service", with: ".timer"))
            #expect(timer["Persistent", in: "Timer"] == "true", "\(timer.file)")
            #expect(timer["RandomizedDelaySec", in: "Timer"] != nil && timer["OnCalendar", in: "Timer"] != nil)
            #expect(timer["WantedBy", in: "Install"] == "timers.target")
        }
    }

    @Test("a CronJob never runs twice at once, writes only to its volumes, and is tried again only where that is safe")
    func kubernetes() throws {
        for own in try KubernetesCronJob.all() {
            let name = own["metadata.name"] ?? ""
            let (pod, container) = (KubernetesCronJob.pod, KubernetesCronJob.container)
            #expect(own["apiVersion"] == "batch/v1" && own["kind"] == "CronJob")
            #expect(own["spec.concurrencyPolicy"] == "Forbid", "\(name)")
            #expect(own["spec.jobTemplate.spec.activeDeadlineSeconds"] != nil, "\(name)")
            #expect(own["\(pod).restartPolicy"] == "Never", "\(name): podFailurePolicy wants it")
            // Else a Service of the name db or dbctl would set DB_PORT or DBCTL_….
            #expect(
                own["\(pod).enableServiceLinks"] == "false" && own["\(pod).automountServiceAccountToken"] == "false")
            #expect(own["\(pod).securityContext.runAsNonRoot"] == "true")
            #expect(own["\(container).securityContext.readOnlyRootFilesystem"] == "true")
            #expect(own["\(container).securityContext.allowPrivilegeEscalation"] == "false")
            #expect(own.list("\(container).securityContext.capabilities.drop") == ["ALL"])
            #expect(own.keys.contains("\(pod).containers[].env[].valueFrom.secretKeyRef.key"))
            let mounted = (0..<9).compactMap { own["\(container).volumeMounts.\($0).name"] }
            let volumes = (0..<9).compactMap { own["\(pod).volumes.\($0).name"] }
            #expect(mounted == volumes, "\(name)")
            let rules = "spec.jobTemplate.spec.podFailurePolicy.rules"
            let backoff = own["spec.jobTemplate.spec.backoffLimit"]
            #expect((backoff == "0") == (own["\(rules).0.action"] == nil), "\(name)")
            guard backoff != "0" else { continue }
            #expect(own["\(rules).1.action"] == "FailJob" && own["\(rules).1.onExitCodes.operator"] == "NotIn")
            #expect(own["\(rules).1.onExitCodes.containerName"] == own["\(container).name"])
            // The same codes that systemd starts again after.
            let unit = try Unit.services().first { $0.job.words == own.job.words }
            #expect(own.list("\(rules).1.onExitCodes.values") == unit?.retried, "\(name)")
        }
    }

    @Test("cron/dbctl.env means the same to cron's lines, to systemd and to kubectl")
    func variables() throws {
        let text = try ScheduledJob.text("dbctl.env")
        let plain = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            $0.split(separator: "=", maxSplits: 1)
        }
        #expect(try DotEnv.parse(text, file: "f").map { [$0.name, $0.value] } == plain.map { $0.map(String.init) })
        #expect(!plain.joined().contains { $0.contains(/["'\\#\s]/) })
    }
}
