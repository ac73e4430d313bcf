import DBKit
import Foundation
import TestSupport
import Testing

/// `runbooks/credentials.md`, read and run: each login is refused first, and works afterwards.
@Suite struct CredentialsRunbookTests {
    private static func with(
        settings: [String: String] = [:], hba: [String] = [], files: [String: [UInt8]] = [:],
        _ body: (Sandbox, RunbookScene) async throws -> Void
    ) async throws {
        try await TestServer.withSandbox(
            settings: settings, hba: ["local all postgres trust"] + hba, files: files, authentication: .scram
        ) { server in
            try await withTemporaryFolder { folder in
                try await server.psql("CREATE ROLE app LOGIN PASSWORD 'right'; CREATE DATABASE app OWNER app")
                let scene = RunbookScene(
                    name: "credentials.md", server: server, folder: folder,
                    settings: [
                        "DATABASE_URL": url(server), "PGPASSWORD": "right", "ROLE": "app", "HOME": folder,
                        "ADMIN": "postgresql://postgres@/postgres?host=\(server.folder)&port=\(server.port)",
                    ])
                try await body(server, scene)
            }
        }
    }

    private static func url(_ server: Sandbox, user: String = "app") -> String {
        "postgresql://\(user)@127.0.0.1:\(server.port)/app?sslmode=disable"
    }

    /// Claims that the runbook's verdict is this code, and that its table has it.
    private static func expectVerdict(
        _ code: String, _ scene: RunbookScene, exit: Int32 = 2, location: SourceLocation = #_sourceLocation
    ) async throws {
        let verdict = try await scene.run("Symptom and verdict", exit: exit, location: location)
        #expect((verdict.stdout + verdict.stderr).contains(code), "\(verdict)", sourceLocation: location)
    }

    /// A reload reaches the postmaster when it does.
    private static func expectOver(_ scene: RunbookScene) async throws {
        try await eventually("the login works") {
            let exports = scene.settings.map { "export \($0.key)='\($0.value)'\n" }.joined()
            return try await Runbook.run(
                exports + "dbctl check", programs: scene.server.binaries.folder, folder: scene.folder
            ).exitCode == 0
        }
        try await scene.run("How to know that it is over")
    }

    /// psql asks for passwords on the terminal, or, without one, on standard input.
    private static let typed = (
        "psql \"$ADMIN\" -X -c \"SET", "printf 'new\\nnew\\n' | setsid -w psql \"$ADMIN\" -X -c \"SET"
    )

    @Test("each section with commands is run here, with as many blocks as it has; no table sends into the void")
    func complete() throws {
        #expect(
            try Runbook.counts(of: "credentials.md") == [
                // Only the settings, which every test has its own of.
                "": 1,
                "Symptom and verdict": 2, "The password is refused": 2, "A new password": 1,
                "No password is given": 1, "The role is locked": 1, "The rules of pg_hba": 2, "The certificate": 2,
                "The pooler has an old one": 1, "The database is missing": 1, "No right to enter": 1,
                "Rotate it without an outage": 3, "How to know that it is over": 1,
            ])
        #expect(try Runbook.missingSections(of: "credentials.md") == [])
        #expect(try Runbook.unknownCodes(of: "credentials.md") == [])
    }

    @Test("a password that was changed, and one that has expired: seen, and mended")
    func password() async throws {
        try await Self.with { server, scene in
            try await server.psql("SET password_encryption = 'md5'; ALTER ROLE app PASSWORD 'other'")
            try await Self.expectVerdict("auth.password", scene)
            let source = try await scene.run("Symptom and verdict", 1)
            #expect(source.stdout.contains("PGPASSWORD") && !source.stdout.contains("right"), "\(source)")
            let seen = try await scene.run("The password is refused")
            #expect(seen.stdout.contains(/secret +\| md5\n/) && seen.stdout.contains("scram-sha-256"), "\(seen)")
            try await scene.run("A new password", replaced: [Self.typed])
            var renewed = scene
            renewed.settings["PGPASSWORD"] = "new"
            try await Self.expectOver(renewed)
            #expect(
                try await server.psql("SELECT left(rolpassword, 5) FROM pg_authid WHERE rolname = 'app'") == "SCRAM")
            #expect(try !server.log().contains("'new'"))

            try await server.psql("ALTER ROLE app VALID UNTIL '2001-01-01'")
            try await Self.expectVerdict("auth.password", renewed)
            #expect(try await renewed.run("The password is refused").stdout.contains(/expired +\| t\n/))
            try await renewed.run("The password is refused", 1)
            try await Self.expectOver(renewed)
        }
    }

    @Test("a .pgpass that others can read is ignored, until its mode is right")
    func passwordFile() async throws {
        try await Self.with { server, scene in
            var without = scene
            without.settings["PGPASSWORD"] = nil
            let path = "\(scene.folder)/.pgpass"
            try Data("127.0.0.1:\(server.port):*:app:right\n".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            try await Self.expectVerdict("auth.no_password", without)
            let mended = try await without.run("No password is given")
            #expect(mended.stdout.contains("OK") && !mended.stdout.contains("right"), "\(mended)")
        }
    }

    @Test("a locked role, a role without a right to enter, a database that is not there")
    func refused() async throws {
        try await Self.with { server, scene in
            try await server.psql("ALTER ROLE app NOLOGIN")
            try await Self.expectVerdict("auth.nologin", scene)
            try await scene.run("The role is locked")
            try await Self.expectOver(scene)
            try await server.psql(
                "ALTER DATABASE app OWNER TO postgres; REVOKE ALL ON DATABASE app FROM PUBLIC, app")
            try await Self.expectVerdict("db.no_connect", scene, exit: 3)
            try await scene.run("No right to enter")
            try await Self.expectOver(scene)
            try await server.psql("ALTER DATABASE app RENAME TO shop")
            try await Self.expectVerdict("db.missing", scene)
            #expect(try await scene.run("The database is missing").stdout.contains("shop"))
        }
    }

    @Test("a rule that rejects is found, and one in front of it lets the client in")
    func rules() async throws {
        try await Self.with(hba: ["host all app 127.0.0.1/32 reject"]) { _, scene in
            try await Self.expectVerdict("auth.hba_reject", scene)
            let listed = try await scene.run("The rules of pg_hba")
            #expect(listed.stdout.contains("reject"), "\(listed)")
            let mended = try await scene.run(
                "The rules of pg_hba", 1,
                replaced: [("hostssl app app 10.0.0.0/24 scram", "host app app 127.0.0.1/32 scram")], asServer: true)
            #expect(mended.stdout.contains("(0 rows)"), "\(mended)")
            try await Self.expectOver(scene)
        }
    }

    @Test("a certificate that has expired is replaced without a restart")
    func certificate() async throws {
        try await withCertificates { made in
            try await Self.with(settings: made.expired.settings, files: made.expired.files) { server, scene in
                var verifying = scene
                verifying.settings["DATABASE_URL"] =
                    "postgresql://app@localhost:\(server.port)/app?sslmode=verify-full&sslrootcert=\(made.authority)"
                try await Self.expectVerdict("tls.expired", verifying)
                let shown = try await verifying.run(
                    "The certificate", replaced: [("HOST=db1.internal PORT=5432", "HOST=127.0.0.1 PORT=\(server.port)")]
                )
                #expect(shown.stdout.contains("notAfter=") && shown.stdout.contains("DNS:localhost"), "\(shown)")
                let files = try await verifying.serverFolder("new")
                for (name, bytes) in made.good.files {
                    try Data(bytes).write(to: URL(filePath: "\(files)/\(name)"))
                }
                try await verifying.run(
                    "The certificate", 1,
                    replaced: [("/etc/ssl/new", files), ("/var/lib/postgresql/15/main", server.dataFolder)],
                    asServer: true)
                try await Self.expectOver(verifying)
            }
        }
    }

    @Test("a pooler with the password of yesterday gets the one of today")
    func pooler() async throws {
        try await Self.with { server, scene in
            let list = "\(scene.folder)/userlist.txt"
            try Data("\"postgres\" \"\(server.password ?? "")\"\n\"app\" \"yesterday\"\n".utf8).write(
                to: URL(filePath: list))
            let settings = ["auth_type": "scram-sha-256", "auth_file": list]
            try await PgBouncer.with(server, settings: settings) { pooler in
                var through = scene
                through.settings["DATABASE_URL"] = "postgresql://app@127.0.0.1:\(pooler.port)/app?sslmode=disable"
                try await Self.expectVerdict("pooler.auth", through)
                let console = "postgresql://postgres:\(server.password ?? "")@127.0.0.1:\(pooler.port)/pgbouncer"
                try await through.run(
                    "The pooler has an old one",
                    replaced: [
                        ("postgresql://pgbouncer@127.0.0.1:6432/pgbouncer", console),
                        ("/etc/pgbouncer/userlist.txt", list),
                    ])
                try await Self.expectOver(through)
            }
        }
    }

    @Test("two roles take turns: what the second one makes belongs to the first, and the first is locked at the end")
    func rotation() async throws {
        try await Self.with { server, scene in
            try await scene.run("Rotate it without an outage", replaced: [Self.typed])
            var second = scene
            second.settings["DATABASE_URL"] = Self.url(server, user: "app_2")
            second.settings["PGPASSWORD"] = "new"
            try await Self.expectOver(second)
            try await Self.expectOver(scene)
            let made = try await Program.run(
                "/usr/bin/psql", ["-X", Self.url(server, user: "app_2"), "-c", "CREATE TABLE made (i int)"],
                environment: ["PGPASSWORD": "new"])
            #expect(made.exitCode == 0, "\(made)")
            #expect(
                try await server.psql("SELECT tableowner FROM pg_tables WHERE tablename = 'made'", database: "app")
                    == "app")
            let left = try await scene.run("Rotate it without an outage", 1)
            #expect(left.stdout.contains("(0 rows)"), "\(left)")
            try await scene.run("Rotate it without an outage", 2)
            try await Self.expectVerdict("auth.nologin", scene)
            try await Self.expectOver(second)
        }
    }
}
