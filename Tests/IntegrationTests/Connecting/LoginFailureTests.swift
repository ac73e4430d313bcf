// Every way in which a server refuses who is at the door, on a real one: P3, P4.

import DBKit
import Foundation
import TestSupport
import Testing

@Suite struct LoginFailureTests {
    private static let roles = """
        CREATE ROLE app LOGIN PASSWORD 'right';
        CREATE ROLE expired LOGIN PASSWORD 'right' VALID UNTIL '2001-01-01';
        CREATE ROLE empty LOGIN;
        CREATE ROLE locked NOLOGIN PASSWORD 'right';
        CREATE DATABASE closed;
        CREATE DATABASE private;
        REVOKE CONNECT ON DATABASE private FROM PUBLIC;
        UPDATE pg_database SET datallowconn = false WHERE datname = 'closed';
        """

    @Test("a wrong password, a missing role, an expired one and one without password are all 28P01, P3")
    func passwords() async throws {
        try await TestServer.withSandbox(authentication: .scram) { server in
            try await server.psql(Self.roles)
            for (role, password) in [("app", "wrong"), ("nobody", "x"), ("expired", "right"), ("empty", "x")] {
                let parameters = server.login(user: role, ["password": password])
                let report = try await expectRefusal(
                    .authPassword, sqlState: "28P01", at: .authentication, parameters)
                // The server does not tell them apart, so the remedy must say how to find out.
                #expect(report.failure?.hint?.contains("DETAIL") == true)
            }
        }
    }

    @Test("a wrong password is one failed attempt on the server, with sslmode=prefer over TLS too, P4")
    func oneAttempt() async throws {
        try await withCertificates { certificates in
            try await TestServer.withSandbox(
                settings: certificates.good.settings, files: certificates.good.files, authentication: .scram
            ) { server in
                try await server.psql(Self.roles)
                for mode in ["prefer", "allow", "require", "disable"] {
                    let role = "app_\(mode)"
                    try await server.psql("CREATE ROLE \(role) LOGIN PASSWORD 'right'")
                    let parameters = server.login(user: role, ["password": "wrong", "sslmode": mode])
                    let report = try await check(parameters)
                    #expect(report.failure?.code == .authPassword)
                    #expect(try attempts(server, role) == 1, "dbctl check, sslmode=\(mode)")
                    await #expect(throws: PostgresError.self) { try await connect(parameters) }
                    #expect(try attempts(server, role) == 2, "one session, sslmode=\(mode)")
                }
            }
        }
    }

    private func attempts(_ server: Sandbox, _ role: String) throws -> Int {
        let line = "password authentication failed for user \"\(role)\""
        return try server.log().components(separatedBy: line).count - 1
    }

    @Test("the look from outside that precedes the login leaves nothing in the server's log")
    func quietLook() async throws {
        try await TestServer.withSandbox(authentication: .scram) { server in
            try await server.psql(Self.roles)
            let before = try server.log()
            #expect(try await check(server.login(user: "app", ["password": "right"])).verdict == .ok)
            let after = try server.log()
            #expect(after == before, "\(after.dropFirst(before.count))")
        }
    }

    @Test("no password given, NOLOGIN, database missing, no CONNECT, not accepting: each has its code, P3")
    func others() async throws {
        try await TestServer.withSandbox(authentication: .scram) { server in
            try await server.psql(Self.roles)
            try await expectRefusal(
                .authNoPassword, sqlState: nil, at: .authentication, server.login(user: "app"))
            try await expectRefusal(
                .authNoLogin, sqlState: "28000", at: .authentication,
                server.login(user: "locked", ["password": "right"]))
            let app = { (database: String) in
                server.login(user: "app", database: database, ["password": "right"])
            }
            try await expectRefusal(.databaseMissing, sqlState: "3D000", at: .database, app("nowhere"))
            // A privilege that somebody has to give, and no trouble of the server's.
            try await expectRefusal(
                .databaseNoConnect, sqlState: "42501", at: .database, app("private"), verdict: .unknown)
            try await expectRefusal(.databaseNotAccepting, sqlState: "55000", at: .database, app("closed"))
        }
    }

    @Test("pg_hba.conf: a reject line, no line at all, peer for somebody else, P3")
    func clientAuthentication() async throws {
        try await TestServer.withSandbox { server in
            try await server.psql(Self.roles)
            try await server.replaceAuthentication([
                "local all empty peer", "host all empty 127.0.0.1/32 reject", "host all expired 127.0.0.1/32 trust",
            ])
            try await expectRefusal(
                .authHBAReject, sqlState: "28000", at: .authentication, server.login(user: "empty"))
            try await expectRefusal(
                .authHBAMissing, sqlState: "28000", at: .authentication, server.login(user: "app"))
            try await expectRefusal(
                .authMethod, sqlState: "28000", at: .authentication,
                server.login(user: "empty", ["host": server.folder]))
        }
    }

    @Test("a role that does not exist under trust is told as such, P3")
    func missingRoleUnderTrust() async throws {
        try await TestServer.withSandbox { server in
            _ = try await expectRefusal(
                .authRoleMissing, sqlState: "28000", at: .authentication, server.login(user: "nobody"))
        }
    }
}
