// Names of tables as people type them, looked up in a real catalog.

import DBKit
import TestSupport
import Testing

@testable import Operations

@Suite("Names of tables and indexes, as they are typed") struct TypedRelationTests {
    private static let schema = """
        CREATE SCHEMA app; CREATE SCHEMA "Odd.Place";
        CREATE TABLE orders (id int); CREATE TABLE "Twice" (id int); CREATE TABLE twice (id int);
        CREATE TABLE app."Orders" (id int); CREATE TABLE app."we""ird Name" (id int);
        CREATE TABLE "Odd.Place"."a.b" (id int); CREATE TABLE "Ärger" (id int);
        CREATE INDEX "Orders_idx" ON orders (id);
        """

    @Test(
        "what is called exactly so comes first, then what SQL makes of it; what is no name finds nothing, on every server",
        arguments: TestServer.majors)
    func find(major: Int) async throws {
        try await TestServer.withDatabase(major: major) { database in
            try await database.psql(Self.schema)
            let own = database.name
            let expected: [(typed: String, found: String?)] = [
                ("orders", "public.orders"), ("Orders", "public.orders"), ("PUBLIC.ORDERS", "public.orders"),
                ("Twice", "public.Twice"), ("twice", "public.twice"), ("TWICE", "public.twice"),
                ("\"Twice\"", "public.Twice"), ("app.Orders", "app.Orders"), ("app.\"Orders\"", "app.Orders"),
                ("app.orders", nil), ("APP.\"Orders\"", "app.Orders"), ("app.we\"ird Name", "app.we\"ird Name"),
                ("app.\"we\"\"ird Name\"", "app.we\"ird Name"), ("we\"ird Name", nil),
                ("Odd.Place.a.b", "Odd.Place.a.b"), ("\"Odd.Place\".\"a.b\"", "Odd.Place.a.b"),
                ("Ärger", "public.Ärger"), ("ärger", nil), ("\(own).public.orders", "public.orders"),
                ("elsewhere.public.orders", nil), ("a.b.c.d", nil), ("", nil), (".", nil), ("\"", nil),
                ("\"unclosed", nil), ("\"\"", nil), ("pg_catalog.pg_class", "pg_catalog.pg_class"),
                ("Orders_idx", nil), (String(repeating: "x", count: 70), nil), ("or\u{0}ders", nil),
            ]
            var settings = SessionSettings(applicationName: "names")
            settings.searchPath = "public"
            try await Connection.with(database.parameters, settings: settings) { connection in
                try await connection.run { session in
                    let oids = try TypedRelation.find(expected.map { TypedRelation($0.typed) }, in: session)
                    for (place, wanted) in expected.enumerated() {
                        let name = try oids[place].map { oid in
                            try session.row(
                                """
                                SELECT n.nspname || '.' || c.relname AS name FROM pg_class AS c
                                JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = \(oid)::bigint::oid
                                """
                            ).value("name", as: String.self)
                        }
                        #expect(name == wanted.found, "\(wanted.typed)")
                    }
                    let index = try TypedRelation("Orders_idx").find(.index, in: session)
                    let table = try TypedRelation("orders").find(.index, in: session)
                    #expect(index != nil && table == nil)
                }
            }
        }
    }

    @Test("the hint of a name that nothing has shows what is called alike, ready to be typed")
    func hint() async throws {
        try await TestServer.withDatabase { database in
            try await database.psql(Self.schema)
            var settings = SessionSettings(applicationName: "names")
            settings.searchPath = "public"
            try await Connection.with(database.parameters, settings: settings) { connection in
                try await connection.run { session in
                    let hints = ["app.orders", "we\"ird name", "oders", "nothing_like_it"].map {
                        TypedRelation($0).hint(in: session)
                    }
                    #expect(
                        hints == [
                            "did you mean public.orders or app.Orders?", "did you mean 'app.we\"ird Name'?",
                            "did you mean public.orders or app.Orders?",
                            "look whether it is the right database, and write it with its schema, as in public.prices",
                        ])
                    let typed = try TypedRelation("app.we\"ird Name").find(in: session)
                    #expect(typed != nil, "what the hint shows is found")
                }
            }
        }
    }
}
