import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("DBCTL_… in the environment")
struct EnvironmentOverrideTests {
    @Test(
        "a wrong value is 78 and names the variable, never the value",
        arguments: [
            ("DBCTL_PARALLEL", "viele"), ("DBCTL_PARALLEL", "0"), ("DBCTL_LOCK_TIMEOUT", "5"),
            ("DBCTL_STATEMENT_TIMEOUT", "1 minute"), ("DBCTL_BACKUP_JOBS", "2.5"), ("DBCTL_BACKUP_COMPRESS", "lz4"),
            ("DBCTL_BACKUP_COPY_FORMAT", "csv"), ("DBCTL_BACKUP_ALL_DATABASES", "ja"), ("DBCTL_BACKUP_KEEP_LAST", "x"),
            ("DBCTL_POOL_WARNING", "101"), ("DBCTL_MIGRATE_DIALECT", "liquibase"), ("DBCTL_BACKUP_LOCK_WAIT", "-1s"),
        ])
    func wrong(_ variable: String, _ value: String) async throws {
        for verb in [["history"], ["config", "show"], ["config", "check"], ["backup", "list", "--repo", "/tmp"]] {
            let run = try await TestSupport.Dbctl.run(verb, env: [variable: value])
            #expect(run.exitCode == 78 && run.stderr.contains(variable), "\(run)")
            #expect(run.stderr.contains("config.type"), "\(run)")
        }
    }

    @Test("several targets at once do not hide a wrong DBCTL_PARALLEL")
    func parallel() async throws {
        try await withTemporaryFolder { folder in
            let target = "{url: \"postgresql://127.0.0.1:1/d\"}"
            try Data("targets: {a: \(target), b: \(target)}\n".utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
            let run = try await TestSupport.Dbctl.run(
                ["history", "--all-targets"], env: ["DBCTL_PARALLEL": "four"], folder: folder)
            #expect(run.exitCode == 78 && run.stderr.contains("DBCTL_PARALLEL"), "\(run)")
        }
    }

    @Test("what fits is taken, also where YAML would want quotes")
    func right() async throws {
        let run = try await TestSupport.Dbctl.run(
            ["config", "show"],
            env: ["DBCTL_PARALLEL": "7", "DBCTL_BACKUP_REPO": "2026", "DBCTL_BACKUP_COMPRESS": "zstd:22"])
        #expect(run.exitCode == 0, "\(run)")
        for value in ["7", "2026", "zstd:22"] { #expect(run.stdout.contains(value), "\(run)") }
    }

    @Test("a value of dbctl.yaml that its variable makes wrong is 78 in config show too")
    func placeholder() async throws {
        try await withTemporaryFolder { folder in
            try Data("backup: {jobs: \"${JOBS}\"}\n".utf8).write(to: URL(filePath: "\(folder)/dbctl.yaml"))
            let wrong = try await TestSupport.Dbctl.run(["config", "show"], env: ["JOBS": "x"], folder: folder)
            #expect(wrong.exitCode == 78 && wrong.stderr.contains("dbctl.yaml:1"), "\(wrong)")
            let unset = try await TestSupport.Dbctl.run(["config", "show"], folder: folder)
            #expect(unset.exitCode == 0 && unset.stdout.contains("(variable not set)"), "\(unset)")
        }
    }

    @Test("verify --latest does not swallow an unusable URL that the command line gives")
    func setOfDatabase() async throws {
        try await withTemporaryFolder { folder in
            let arguments = ["backup", "verify", "--latest", "--repo", folder]
            let given = try await TestSupport.Dbctl.run(arguments + ["--database-url", "mysql://h/d"])
            #expect(given.exitCode == 64 && given.stderr.contains("usage.database_url"), "\(given)")
            let inherited = try await TestSupport.Dbctl.run(arguments, env: ["DATABASE_URL": "mysql://h/d"])
            #expect(inherited.exitCode == 66, "\(inherited)")
        }
    }
}
