import DBKit
import TestSupport
import Testing

/// Rows in binary form and types of one name that are made of something else: their bytes would be read as other values.
@Suite struct MadeTypesTests {
    private static func types(
        domain: String = "integer", composite: String = "x integer, y dd, \"Z\" numeric(5,2)[]",
        range: String = "float8"
    ) -> String {
        """
        CREATE DOMAIN d AS \(domain); CREATE DOMAIN dd AS d NOT NULL; CREATE TYPE co AS (\(composite));
        CREATE TYPE "R" AS RANGE (subtype = \(range)); CREATE TYPE mood AS ENUM ('sad');
        CREATE TABLE side (k integer, l text);
        """
    }

    private static func table(numeric: String = "numeric") -> String {
        """
        CREATE TABLE t (a d, b dd[], c co, e "R", g mood[], n \(numeric), f numeric(10,2), i interval day to second(3),
            z timestamp(3) with time zone, v varchar(5), ch character(3), "char" "char", bits bit varying(4), o side[]);
        """
    }

    private static let row = """
        INSERT INTO t VALUES (5, '{6,7}', '(1,2,"{1.25}")', '[1,2]', '{sad}', 1.25, 1.5, '1.5 s', now(), 'abc', 'de', 'x',
            '101', '{"(1,x)"}');
        """

    private static func with(_ body: (TestDatabase, TestDatabase, String) async throws -> Void) async throws {
        try await TestServer.withDatabase { source in
            try await source.psql(types() + table() + row)
            try await BackupFixture.with { backup in
                let set = try await backup.create(source.url)
                try await TestServer.withDatabase { target in try await body(source, target, set.folder) }
            }
        }
    }

    private static func restore(_ set: String, into target: TestDatabase, onlyRows: Bool) async throws {
        var request = RestoreRequest(source: set, into: target.name)
        if onlyRows { request.scope = .dataOnly }
        request.tables = [try #require(TableName("public.t"))]
        try await DatabaseRestore(request, on: target.parameters, run: .make())()
    }

    @Test("types that are made of the same are recognised as such", arguments: [true, false])
    func same(onlyRows: Bool) async throws {
        try await Self.with { source, target, set in
            try await target.psql(Self.types() + (onlyRows ? Self.table() : ""))
            try await Self.restore(set, into: target, onlyRows: onlyRows)
            let row = "SELECT t::text FROM t"
            #expect(try await target.psql(row) == source.psql(row))
        }
    }

    @Test(
        "another base, attribute or subtype: 65, and nothing is changed",
        arguments: [
            types(domain: "real"), types(domain: "bigint"), types(composite: "y dd, x bigint, \"Z\" numeric(5,2)[]"),
            types(composite: "x integer, y dd"), types(range: "integer"),
        ], [true, false])
    func other(types: String, onlyRows: Bool) async throws {
        try await Self.with { _, target, set in
            try await target.psql(types + (onlyRows ? Self.table() : ""))
            let failure = await #expect(throws: Failure.self) {
                try await Self.restore(set, into: target, onlyRows: onlyRows)
            }
            #expect(
                failure?.code.name == "restore.column_type" && failure?.category == .data,
                "\(String(describing: failure))")
            #expect(
                try await target.psql("SELECT count(*) FROM pg_class WHERE relname = 't'") == (onlyRows ? "1" : "0"))
        }
    }

    @Test("a column that would round what comes in is refused, too")
    func precision() async throws {
        try await Self.with { _, target, set in
            try await target.psql(Self.types() + Self.table(numeric: "numeric(10,1)"))
            let failure = await #expect(throws: Failure.self) {
                try await Self.restore(set, into: target, onlyRows: true)
            }
            #expect(failure?.message.contains("public.t.n (numeric, here numeric(10,1))") == true)
        }
    }

    @Test("types of the server are what their names say", arguments: [true, false])
    func given(onlyRows: Bool) async throws {
        let types = "CREATE DOMAIN period AS int4range;"
        let table = """
            CREATE TABLE t (a int4range, b daterange[], c period, e information_schema.sql_identifier,
                f information_schema.cardinal_number);
            """
        try await TestServer.withDatabase { source in
            try await source.psql(
                types + table
                    + "INSERT INTO t VALUES ('[1,2)', '{\"[2026-01-01,2026-01-02)\"}', '[3,4)', 'x', 7)"
            )
            try await BackupFixture.with { backup in
                let set = try await backup.create(source.url) { $0.copyFormat = .binary }
                try #require(try set.table("t").copyFormat == .binary)
                try await TestServer.withDatabase { target in
                    try await target.psql(types + (onlyRows ? table : ""))
                    try await Self.restore(set.folder, into: target, onlyRows: onlyRows)
                    #expect(try await target.psql("SELECT t::text FROM t") == source.psql("SELECT t::text FROM t"))
                }
            }
        }
    }
}
