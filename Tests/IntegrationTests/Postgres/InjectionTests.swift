import DBKit
import TestSupport
import Testing

/// Hostile names and values through every door of the Postgres room: they mean themselves, or are refused.
@Suite("Injection: names and values mean themselves")
struct InjectionTests {
    static let hostile = [
        "a\"b", "a'b", "a\\b", "\"; DROP TABLE victim; --", "'; DROP TABLE victim; --", "\\'; DROP TABLE victim; --",
        "$1", "$$", "$tag$", "/*", "*/", "--", "a\nb", "a\tb", " ", "SELECT", "ünïcödé", "\u{202E}rtl\u{202C}",
        "\u{FEFF}bom", "😀", "%s%n", "a\"\u{301}b", "a'\u{301}b", "a\"\u{FE0F}", "\\\u{301}'", "a,\u{301}b", "{a,b}",
        "E'x'", "U&\"\\0041\"", String(repeating: "x", count: 63),
        String(repeating: "é", count: 31),
    ]

    @Test("a quoted name is that name", arguments: hostile)
    func identifiers(name: String) async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.victim ()")
            try session.execute("CREATE SCHEMA \(identifier(name))")
            try session.execute("CREATE TABLE \(identifier(name, name)) (\(identifier(name)) int)")
            try session.execute("INSERT INTO \(identifier(name, name)) (\(identifier(name))) VALUES (\(7))")
            let found: [String] = try scalar(
                session,
                """
                SELECT array_agg(a.attname::text) AS names FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE a.attnum > 0 AND c.relname = \(name) AND n.nspname = \(name)
                """
            )
            #expect(found == [name])
            let value: Int = try scalar(session, "SELECT \(identifier(name)) FROM \(identifier(name, name))")
            #expect(value == 7)
            try expectVictim(session)
        }
    }

    @Test("a quoted constant and a bind are that value", arguments: hostile)
    func values(text: String) async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.victim ()")
            try session.execute("COMMENT ON TABLE public.victim IS \(literal(text))")
            let comment: String = try scalar(session, "SELECT obj_description('public.victim'::regclass)")
            #expect(comment == text)
            // With the old meaning of backslashes too.
            try session.execute("SET standard_conforming_strings = off")
            try session.execute("COMMENT ON TABLE public.victim IS \(literal(text))")
            let again: String = try scalar(session, "SELECT obj_description('public.victim'::regclass)")
            #expect(again == text)
            let bound: String = try scalar(session, "SELECT \(text)::text")
            #expect(bound == text)
            let listed: [String] = try scalar(session, "SELECT \([text, text])::text[]")
            #expect(listed == [text, text])
            try expectVictim(session)
        }
    }

    @Test("a hostile database and application name lead where they say")
    func connections() async throws {
        let server = try await TestServer.shared()
        let name = "\"; DROP '\\ \(TestServer.uniqueName("db"))"
        let admin = try Session.connect(
            ConnectionParameters(url: server.url), settings: SessionSettings(applicationName: "a'b\"c\\"))
        try admin.execute("CREATE DATABASE \(identifier(name)) TEMPLATE template0")
        defer { _ = try? admin.execute("DROP DATABASE \(identifier(name)) WITH (FORCE)") }
        let session = try Session.connect(
            ConnectionParameters(url: server.url).setting("dbname", name),
            settings: SessionSettings(applicationName: name)
        )
        let reached: String = try scalar(session, "SELECT current_database()::text")
        #expect(reached == name)
        session.close()
    }

    @Test("NUL bytes, empty names and names that the server would cut are refused before anything is sent")
    func refusals() async throws {
        #expect(throws: PostgresError.self) { try identifier("a\0b") }
        #expect(throws: PostgresError.self) { try identifier("") }
        #expect(throws: PostgresError.self) { try identifier(String(repeating: "x", count: 64)) }
        #expect(throws: PostgresError.self) { try identifier(String(repeating: "é", count: 32)) }
        #expect(throws: PostgresError.self) { try identifier("ok", "a\0b") }
        #expect(throws: PostgresError.self) { try literal("a\0b") }
        try await withSession { session in
            let bind = #expect(throws: PostgresError.self) { try session.execute("SELECT \("a\0b")::text") }
            #expect(bind?.message == "value $1 contains a NUL byte, which PostgreSQL cannot store")
            let element = #expect(throws: PostgresError.self) { try session.execute("SELECT \(["a\0b"])::text[]") }
            #expect(element?.kind == .usage)
            let text = Query(ServerText(argument: "SELECT 1 -- \0; DROP TABLE victim"))
            #expect(throws: PostgresError.self) { try session.execute(text) }
            try expectUsable(session)
        }
    }

    private func expectVictim(_ session: Session) throws {
        let isThere: Bool = try scalar(session, "SELECT to_regclass('public.victim') IS NOT NULL")
        #expect(isThere)
    }
}
