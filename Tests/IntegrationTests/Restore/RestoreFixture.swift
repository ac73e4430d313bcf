import DBKit
import Foundation
import TestSupport

/// A server with the rich database of `Tests/Fixtures/rich.sql` and what tests do with its dumps.
struct RestoreFixture: Sendable {
    let server: Sandbox
    let database: String
    let owner: String
    let reader: String
    /// For archives; removed afterwards.
    let folder: String

    var url: ConnectionParameters {
        ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(server.port)/postgres")
    }

    /// Creates roles and the database, and removes both, with whatever databases the test named after it.
    static func with<T>(
        major: Int = 15, isolation: isolated (any Actor)? = #isolation, _ body: (RestoreFixture) async throws -> T
    ) async throws -> T {
        let server = try await TestServer.shared(major: major)
        return try await withTemporaryFolder { folder in
            let name = TestServer.uniqueName("rich")
            let fixture = RestoreFixture(
                server: server, database: name, owner: "\(name) Owner", reader: "\(name)_reader", folder: folder)
            return try await finally {
                try await fixture.create()
                return try await body(fixture)
            } cleanUp: {
                try await fixture.remove()
            }
        }
    }

    private func create() async throws {
        try await server.psql(
            """
            CREATE ROLE "\(owner)"; CREATE ROLE \(reader);
            """)
        // CREATE DATABASE cannot stand in a string with other statements.
        try await server.psql("CREATE DATABASE \(database) TEMPLATE template0 LOCALE 'C.UTF-8' ENCODING 'UTF8'")
        let script = try String(contentsOfFile: Self.script, encoding: .utf8)
        let settings = """
            \\set owner '\(owner)'
            \\set reader \(reader)
            \\set db \(database)
            \\set xml \(server.binaries.major == 15)

            """
        try await server.psql(settings + script, database: database)
        // In a session that begins with the database's settings, its time zone among them.
        try await server.psql(
            "REFRESH MATERIALIZED VIEW base_mv; REFRESH MATERIALIZED VIEW aa_top_mv", database: database)
    }

    private func remove() async throws {
        let databases = try await server.psql(
            "SELECT datname FROM pg_database WHERE datname = '\(database)' OR datname ^@ '\(database)_'")
        for name in databases.split(separator: "\n") {
            try await server.psql("DROP DATABASE \"\(name)\" WITH (FORCE)")
        }
        try await server.psql("DROP ROLE IF EXISTS \"\(owner)\"; DROP ROLE IF EXISTS \(reader)")
    }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/rich.sql").standardized.path

    /// Runs one of the server's own client programs.
    @discardableResult
    func tool(_ name: String, _ arguments: [String], major: Int? = nil) async throws -> String {
        let binaries = try await Machine.binaries(major: major ?? server.binaries.major)
        let outcome = try await Program.run(
            binaries.program(name), arguments,
            environment: ["PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "postgres"])
        guard outcome.exitCode == 0 else {
            throw TestSupportError("\(name) \(arguments): exit \(outcome.exitCode)\n\(outcome.stderr)")
        }
        return outcome.stdout
    }

    /// `pg_dump -Fd` of the database; returns the archive's folder.
    func archive(_ options: [String] = [], of name: String? = nil) async throws -> String {
        let path = "\(folder)/archive-\(UUID().uuidString.prefix(8))"
        try await tool("pg_dump", ["-Fd", "-f", path] + options + [name ?? database])
        return path
    }

    /// All that `pg_dump -C` says, as lines; the random key of a session of psql is left out. Which partition a hash of
    /// an enum leads to depends on OIDs: those rows stand sorted at the end.
    func text(of name: String, _ options: [String] = ["-C"]) async throws -> [String] {
        let hashed =
            options.contains("-s") ? "" : try await server.psql(Self.unseen, database: name)
        return try await (tool("pg_dump", options + ["--exclude-table-data=by_mood*", name]) + hashed).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .map(String.init).filter { !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
    }

    /// What pg_dump does not show: rows of hashed partitions in an order of their own, and of materialized views.
    private static let unseen = """
        SELECT * FROM by_mood ORDER BY v;
        SELECT * FROM base_mv ORDER BY 1;
        SELECT * FROM aa_top_mv;
        SELECT relname, relispopulated FROM pg_class WHERE relkind = 'm' ORDER BY 1;
        """

    func drop(_ name: String) async throws {
        try await server.psql("DROP DATABASE \"\(name)\" WITH (FORCE)")
    }

    /// The lines in which two dumps differ, for a message that can be read.
    static func difference(_ left: [String], _ right: [String]) -> [String] {
        right.difference(from: left).prefix(30).map { change in
            switch change {
            case .remove(_, let line, _): "- \(line.prefix(200))"
            case .insert(_, let line, _): "+ \(line.prefix(200))"
            }
        }
    }

    static func request(_ source: String, into name: String) -> RestoreRequest {
        var request = RestoreRequest(source: source, into: name)
        request.creates = true
        return request
    }

    @discardableResult
    func restore(
        _ source: String, into name: String? = nil, creates: Bool = true,
        _ change: (inout RestoreRequest) -> Void = { _ in }
    ) async throws -> RestoreResult {
        var request = Self.request(source, into: name ?? database)
        request.creates = creates
        change(&request)
        return try await DatabaseRestore(request, on: url, run: .make())()
    }

    /// Those of this test, and those that restores into it make on the way.
    func databases() async throws -> [String] {
        try await server.psql(
            """
            SELECT datname FROM pg_database
            WHERE datname = '\(database)' OR datname ^@ '\(database)_'
                OR (datname ^@ 'dbctl_restore_' AND datname ~ '\(TemporaryName.mark("\(database)_new"))$')
            ORDER BY 1
            """
        ).split(separator: "\n").map(String.init)
    }
}

/// How the temporary name of a restore ends.
enum TemporaryName {
    static func mark(_ target: String) -> String { String(Digest.hex(Array(target.utf8)).prefix(8)) }
}
