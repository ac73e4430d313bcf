// What a sandbox decides before it touches anything.

import Foundation
import Testing

@testable import Operations
@testable import Sandbox

@Suite struct SandboxDecisionsTests {
    @Test(
        "the major version is read from what postgres says of itself",
        arguments: [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", 15, "15.18 (Debian 15.18-0+deb12u1)"),
            ("postgres (PostgreSQL) 18.4\n", 18, "18.4"),
            ("postgres (PostgreSQL) 19beta1\n", 19, "19beta1"),
        ])
    func version(_ output: String, _ major: Int, _ version: String) throws {
        let parsed = try #require(ServerBinaries.parse(version: output))
        #expect(parsed == (major, version))
        #expect(ServerBinaries.parse(version: "bash: not found") == nil)
    }

    @Test("the wanted major is chosen; when it is missing, the Debian package is named")
    func choice() throws {
        let debian = ServerBinaries(major: 15, version: "15.18", folder: "/usr/lib/postgresql/15/bin")
        let wheel = ServerBinaries(major: 18, version: "18.4", folder: "/var/cache/x")
        #expect(try ServerBinaries.choose(major: nil, from: [debian, wheel]) == debian)
        #expect(try ServerBinaries.choose(major: 18, from: [debian, wheel]) == wheel)
        #expect {
            try ServerBinaries.choose(major: 17, from: [debian, wheel])
        } throws: { error in
            let failure = error as? Failure
            return failure?.category == .configuration && failure?.hint?.contains("postgresql-17") == true
        }
    }

    @Test("the account's ids come from its own line of the passwd file")
    func account() {
        let passwd =
            "root:x:0:0:root:/root:/bin/bash\nxpostgres:x:1:1::/:\npostgres:x:105:113:PostgreSQL:/var:/bin/sh\n"
        #expect(ServerUser.account(named: "postgres", passwd: passwd) == .init(userID: 105, groupID: 113))
        #expect(ServerUser.account(named: "nobody", passwd: passwd) == nil)
    }

    @Test("quotes and backslashes in a setting stay inside its value")
    func quoting() {
        #expect(ServerConfiguration.quoted("it's\\n") == "'it''s\\\\n'")
        let configuration = ServerConfiguration(
            port: 7, socketFolder: "/s", clusterName: "c", settings: ["fsync": "on"], hba: ["local all x reject"],
            authentication: .scram)
        #expect(configuration.postgresql.contains("fsync = 'on'\n"))
        #expect(!configuration.postgresql.contains("fsync = 'off'"))
        #expect(configuration.clientAuthentication.hasPrefix("local all x reject\nlocal all all scram-sha-256\n"))
    }

    @Test("a name is one plain path component", arguments: ["a", "A-1_b", String(repeating: "x", count: 32)])
    func goodNames(_ name: String) {
        #expect(SandboxRegistry.isValid(name: name))
    }

    @Test("a made-up name is a valid one")
    func madeUpName() {
        #expect(SandboxRegistry.isValid(name: SandboxRegistry.madeUpName()))
    }

    @Test("a command on a sandbox cannot be led to another server by the environment it came from")
    func environment() throws {
        let record = SandboxRecord(
            name: "x", folder: "/f", url: "postgresql://postgres@127.0.0.1:7/postgres", port: 7, major: 15,
            version: "15.1", createdAt: Date(timeIntervalSince1970: 0), stays: false)
        let environment = record.environment(from: [
            "PATH": "/bin", "HOME": "/h", "DBCTL_DATABASE_URL": "prod", "DATABASE_URL": "prod", "PGSERVICE": "prod",
            "PGHOSTADDR": "10.0.0.1", "PGCLUSTER": "15/main", "DB_HOST": "prod", "PGPASSWORD": "secret",
        ])
        #expect(
            environment == [
                "PATH": "/bin", "HOME": "/h", "DATABASE_URL": record.url, "PGHOST": "127.0.0.1", "PGPORT": "7",
                "PGUSER": "postgres", "PGDATABASE": "postgres",
            ])
    }
}
