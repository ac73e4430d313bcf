import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Session: statements, binds and rows")
struct SessionQueryTests {
    @Test("values travel as binds and come back as they were, NULL and hostile text included")
    func roundTrip() async throws {
        try await withSession { session in
            let hostile = ["", "'; DROP TABLE x; --", "\\", "\"", "a\\'b", "{a,\"b\"}", "\u{202E}rtl", "日本", "NULL"]
            let row = try session.row(
                """
                SELECT \(hostile)::text[] AS texts, \(Int.min)::int8 AS small, \(-1.5)::float8 AS double,
                       \(true)::bool AS yes, \(nil as String?)::text AS nothing, \(ByteString([0, 255, 92]))::bytea AS bytes,
                       \("it's")::text AS quote, \(LSN("16/B374D848"))::pg_lsn AS lsn
                """
            )
            #expect(try row.value("texts") == hostile)
            #expect(try row.value("small") == Int.min)
            #expect(try row.value("double") == -1.5)
            #expect(try row.value("yes", as: Bool.self))
            #expect(try row.value("nothing", as: String?.self) == nil)
            #expect(try row.value("bytes") == ByteString([0, 255, 92]))
            #expect(try row.value("quote") == "it's")
            #expect(try row.value("lsn", as: LSN.self).description == "16/B374D848")
        }
    }

    @Test("times come back to the microsecond, before 1970 and before Christ too")
    func timestamps() async throws {
        try await withSession { session in
            let moments: [Double] = [0, 1_795_000_000.123456, -1.5, -62_200_000_000, 64_000_000_000]
            for seconds in moments {
                let date = Date(timeIntervalSince1970: seconds)
                let back: Date = try scalar(session, "SELECT \(date)::timestamptz AS t")
                #expect(abs(back.timeIntervalSince1970 - seconds) < 0.00001, "\(seconds)")
            }
        }
    }

    @Test("a value that does not fit names its column, what was wanted and what was there")
    func decodingErrors() async throws {
        try await withSession { session in
            let row = try session.row("SELECT 'seven'::text AS n, NULL::int AS gap")
            let wrong = #expect(throws: PostgresError.self) { _ = try row.value("n", as: Int.self) }
            #expect(wrong?.message == "column “n” holds “seven”, which is no Int")
            let null = #expect(throws: PostgresError.self) { _ = try row.value("gap", as: Int.self) }
            #expect(null?.message == "column “gap” is NULL where Int was expected")
            let unknown = #expect(throws: PostgresError.self) { _ = try row.value("nope", as: Int.self) }
            #expect(unknown?.message == "the result has no column “nope”; it has: gap, n")
        }
    }

    @Test("an error carries SQLSTATE, position as line and column, and the object, but never a value")
    func errorFields() async throws {
        try await withSession { session in
            try session.script(ServerText(file: "CREATE TABLE public.t (a int CONSTRAINT positive CHECK (a > 0))"))
            let secret = -424_242
            let check = #expect(throws: PostgresError.self) {
                try session.execute("INSERT INTO public.t VALUES (\(secret))")
            }
            #expect(check?.sqlState == SQLState("23514"))
            #expect(check?.constraint == "positive")
            #expect(check?.table == "t")
            #expect(check?.statement == "INSERT INTO public.t VALUES ($1)")
            let syntax = #expect(throws: PostgresError.self) { try session.execute("SELECT 1,\n  FROM x") }
            #expect(syntax?.sqlState == SQLState("42601"))
            #expect(syntax?.lineAndColumn?.line == 2)
            #expect(syntax?.lineAndColumn?.column == 3)
            // The session is still good.
            try expectUsable(session)
        }
    }

    @Test("a second statement in one string is refused by the server, so nothing can be smuggled in")
    func singleStatement() async throws {
        try await withSession { session in
            let smuggled = Query(ServerText(argument: "SELECT 1; CREATE TABLE public.smuggled ()"))
            let error = #expect(throws: PostgresError.self) { try session.execute(smuggled) }
            #expect(error?.sqlState == SQLState("42601"))
            let isSo: Bool = try scalar(session, "SELECT to_regclass('public.smuggled') IS NULL AS absent")
            #expect(isSo)
        }
    }

    @Test("a COPY sent by mistake is refused and the session given up, never left hanging")
    func strayCopy() async throws {
        try await withSession { session in
            #expect(throws: PostgresError.self) { try session.execute("COPY pg_catalog.pg_am TO STDOUT") }
            #expect(!session.isUsable)
        }
    }

    @Test("notices arrive as the same structure as errors")
    func notices() async throws {
        try await withSession { session in
            var seen: [PostgresError] = []
            session.onNotice = { seen.append($0) }
            try session.execute("DROP TABLE IF EXISTS public.absent")
            #expect(seen.map(\.severity) == ["NOTICE"])
            #expect(seen.first?.sqlState == SQLState("00000"))
        }
    }

    @Test("a role's and a database's defaults change nothing (Safety 2)", arguments: TestServer.majors)
    func ownSettings(major: Int) async throws {
        try await TestServer.withDatabase(major: major) { database in
            var hostile = [
                "statement_timeout = '2s'", "lock_timeout = '2s'", "idle_in_transaction_session_timeout = '2s'",
                "idle_session_timeout = '2s'", "default_transaction_isolation = 'serializable'",
                "default_transaction_read_only = on", "search_path = 'evil'", "DateStyle = 'German'",
                "IntervalStyle = 'sql_standard'", "TimeZone = 'Asia/Kolkata'", "extra_float_digits = 0",
                "row_security = on", "bytea_output = 'escape'", "client_encoding = 'LATIN1'",
                "standard_conforming_strings = off",
            ]
            if major >= 17 { hostile.append("transaction_timeout = '2s'") }
            // In one session: the next one would already have the defaults and could change nothing.
            let statements = hostile.map { "ALTER DATABASE \(database.name) SET \($0);" }
            try await database.psql(statements.joined(separator: "\n"))
            let session = try Session.connect(
                ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "defaults"))
            func show(_ name: String) throws -> String {
                try scalar(session, "SELECT current_setting(\(name)) AS value")
            }
            #expect(try show("statement_timeout") == "0")
            #expect(try show("lock_timeout") == "2s")
            #expect(try show("idle_in_transaction_session_timeout") == "10min")
            #expect(try show("idle_session_timeout") == "0")
            #expect(try show("default_transaction_isolation") == "read committed")
            #expect(try show("default_transaction_read_only") == "off")
            #expect(try show("search_path") == "pg_catalog, pg_temp")
            #expect(try show("DateStyle") == "ISO, YMD")
            #expect(try show("IntervalStyle") == "postgres")
            #expect(try show("TimeZone") == "UTC")
            #expect(try show("extra_float_digits") == "3")
            #expect(try show("row_security") == "off")
            #expect(try show("bytea_output") == "hex")
            #expect(try show("client_encoding") == "UTF8")
            #expect(try show("standard_conforming_strings") == "on")
            #expect(try show("client_connection_check_interval") == "2s")
            if major >= 17 { #expect(try show("transaction_timeout") == "0") }
        }
    }

    @Test("over TCP a vanished host is noticed within half a minute (Safety 2)")
    func keepalives() async throws {
        try await withSession { session in
            // The client's own socket options are libpq's; what can be seen is that it accepted the values.
            #expect(session.isUsable)
            let isSo: Bool = try scalar(session, "SELECT inet_server_addr() IS NOT NULL AS tcp")
            #expect(isSo)
        }
    }

    @Test("the application name is cut at 63 bytes, between characters")
    func applicationName() async throws {
        try await TestServer.withDatabase { database in
            let long = String(repeating: "é", count: 40)
            let session = try Session.connect(
                ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: long))
            let name: String = try scalar(session, "SELECT current_setting('application_name') AS name")
            // The server shows bytes that are not ASCII as escapes or question marks; only the length is ours.
            #expect(!name.isEmpty && name.utf8.count <= 63 * 4)
        }
    }
}

/// A session on a fresh database of the shared cluster.
func withSession(major: Int = 15, _ body: (Session) throws -> Void) async throws {
    try await TestServer.withDatabase(major: major) { database in
        let session = try Session.connect(
            ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "test"))
        try body(session)
    }
}

/// The session survived what was done to it and answers the question that it was asked, not an earlier one.
func expectUsable(_ session: Session) throws {
    let number = Int.random(in: 0...1_000_000)
    let answer: Int = try scalar(session, "SELECT \(number)::int8 AS answer")
    #expect(answer == number)
}

/// The only column of the only row.
func scalar<T: PostgresDecodable>(_ session: Session, _ query: Query, as type: T.Type = T.self) throws -> T {
    let rows = try session.rows(query)
    let row = try #require(rows.first)
    return try row.value(#require(rows.columns.first))
}
