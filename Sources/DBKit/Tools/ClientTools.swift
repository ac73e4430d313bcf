import Foundation
import Glibc
import Operations
package import Postgres
import Subprocess
import SystemPackage

/// PostgreSQL's own client programs: `pg_dump` for the schema (its DDL is years of edge cases), `pg_dumpall` for roles
/// and tablespaces.
public struct ClientTools: Sendable, Hashable {
    /// The folder that they were found in.
    public let folder: String
    public let major: Int
    private let environment: [String: String]

    /// Where to look, in this order.
    public struct Search: Sendable, Hashable {
        /// `backup.pg_bin`.
        public var configured: String?
        /// The value of PATH.
        public var path: String
        /// What the programs are given of the caller's environment: only ``inherited`` of it.
        public var environment: [String: String]

        public init(configured: String? = nil, path: String, environment: [String: String] = [:]) {
            self.configured = configured
            self.path = path
            self.environment = environment.filter { Self.inherited.contains($0.key) }
        }

        /// Where libpq finds certificates, password files and Kerberos tickets. How to reach the server is said by
        /// ``ToolConnection`` alone.
        private static let inherited: Set<String> = [
            "HOME", "KRB5CCNAME", "KRB5_CONFIG", "KRB5_CLIENT_KTNAME", "LD_LIBRARY_PATH", "OPENSSL_CONF",
            "PGSERVICEFILE", "PGSYSCONFDIR", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR",
        ]

        /// Debian's versioned folders stand before PATH: what lies in `/usr/bin` there is a wrapper around them.
        var folders: [String] {
            let debian = "/usr/lib/postgresql"
            let majors = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
            return [configured].compactMap { $0 } + majors.sorted().map { "\(debian)/\($0)/bin" }
                + path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        }
    }

    /// The programs of the server's own major version, else of the nearest newer one: an archive can be read by
    /// `pg_restore` of the major that made it, and by later ones.
    ///
    /// - Throws: `backup.tool_missing`, naming the package.
    public static func find(serverMajor: Int, _ search: Search) async throws -> ClientTools {
        var installed: [ClientTools] = []
        var seen: Set<String> = []
        for folder in search.folders.map({ URL(fileURLWithPath: $0).resolvingSymlinksInPath().path })
        where seen.insert(folder).inserted && FileManager.default.isExecutableFile(atPath: "\(folder)/pg_dump") {
            let outcome = try await run("\(folder)/pg_dump", ["--version"], environment: search.environment)
            guard outcome.isSuccess, let major = major(of: outcome.output) else { continue }
            let found = ClientTools(folder: folder, major: major, environment: search.environment)
            if major == serverMajor { return found }
            installed.append(found)
        }
        if let nearest = installed.filter({ $0.major > serverMajor }).min(by: { $0.major < $1.major }) {
            return nearest
        }
        let there = installed.map { "\($0.major) in \($0.folder)" }.joined(separator: ", ")
        throw Failure(
            .backupToolMissing, "no pg_dump of PostgreSQL \(serverMajor) or later was found",
            detail: there.isEmpty ? "none is installed" : "installed: \(there)",
            hint: "apt install postgresql-client-\(serverMajor), or set backup.pg_bin to the folder that holds it")
    }

    /// `pg_dump (PostgreSQL) 15.18 (Debian …)` is 15; `19devel` is 19.
    static func major(of version: String) -> Int? {
        version.split(separator: " ").dropFirst(2).first.flatMap { Int($0.prefix { $0.isNumber }) }
    }

    /// Writes the schema, as the snapshot sees it, as a directory archive.
    package func dumpSchema(
        into folder: String, of server: ToolConnection, snapshot: SnapshotID, encoding: String, lockWait: Duration
    ) async throws -> ToolOutcome {
        try await Self.run(
            "\(self.folder)/pg_dump",
            [
                "--format=directory", "--schema-only", "--no-password", "--no-sync", "--file=\(folder)",
                "--snapshot=\(snapshot)", "--encoding=\(encoding)",
                "--lock-wait-timeout=\(max(1, Int64(lockWait / .milliseconds(1))))",
                "--dbname=\(server.connectionString)",
            ], environment: environment.merging(server.environment) { $1 })
    }

    /// The definitions of all but the named schemas as a script for psql, without owners and privileges.
    package func dumpDefinitions(
        of server: ToolConnection, without schemas: [String], lockWait: Duration
    ) async throws -> ToolOutcome {
        try await Self.run(
            "\(folder)/pg_dump",
            [
                "--schema-only", "--no-owner", "--no-privileges", "--no-password", "--encoding=UTF8",
                "--lock-wait-timeout=\(max(1, Int64(lockWait / .milliseconds(1))))",
                "--dbname=\(server.connectionString)",
            ] + schemas.map { "--exclude-schema=\($0)" },
            environment: environment.merging(server.environment) { $1 })
    }

    /// Roles and tablespaces as SQL.
    package func dumpGlobals(of server: ToolConnection, withPasswords: Bool) async throws -> String {
        let passwords = withPasswords ? [] : ["--no-role-passwords"]
        let outcome = try await Self.run(
            "\(folder)/pg_dumpall",
            ["--globals-only", "--no-password", "--encoding=UTF8", "--dbname=\(server.connectionString)"] + passwords,
            environment: environment.merging(server.environment) { $1 })
        guard outcome.isSuccess else { throw outcome.failure("pg_dumpall --globals-only") }
        return outcome.output
    }

    private static func run(
        _ program: String, _ arguments: [String], environment: [String: String]
    ) async throws -> ToolOutcome {
        var platform = PlatformOptions()
        // SIGTERM makes pg_dump cancel its statement on the server; it gets a moment for that.
        platform.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .milliseconds(500))]
        let all = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        let keyed = all.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(arguments),
                environment: .custom(Dictionary(uniqueKeysWithValues: keyed)), platformOptions: platform,
                output: .string(limit: 256 << 20), error: .string(limit: 1 << 20))
            try Task.checkCancellation()
            return ToolOutcome(
                isSuccess: result.terminationStatus.isSuccess, output: result.standardOutput,
                messages: result.standardError, ending: Self.words(for: result.terminationStatus))
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw Failure(.backupToolFailed, "cannot run \(program)", detail: "\(error)")
        }
    }

    /// A signal says more by its name: it is the kernel's `Killed` where the memory ran out.
    private static func words(for status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let number): unsafe "signal \(number) (\(String(cString: strsignal(number))))"
        }
    }
}
