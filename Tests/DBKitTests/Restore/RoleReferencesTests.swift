import Testing

@testable import Backup

@Suite struct RoleReferencesTests {
    static func entry(_ kind: ArchiveEntry.Kind, _ sql: String) -> ArchiveEntry {
        ArchiveEntry(
            dumpID: .init(rawValue: 1), tag: "t", kind: kind, section: .preData, definition: ArchiveText(sql))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var sql: String
        var roles: Set<String>
        /// With alice mapped to eve and bob absent; nil when nothing is left.
        var rewritten: String?
        var testDescription: String { sql }
    }

    static let cases = [
        Case(
            kind: "ACL", sql: "GRANT SELECT ON TABLE alice TO alice WITH GRANT OPTION;\n", roles: ["alice"],
            rewritten: "GRANT SELECT ON TABLE alice TO \"eve\" WITH GRANT OPTION;\n"),
        Case(
            kind: "ACL",
            sql: "REVOKE ALL ON FUNCTION f(bob integer, \"TO\" text) FROM PUBLIC;\nGRANT ALL ON X TO bob;\n",
            roles: ["bob"], rewritten: "REVOKE ALL ON FUNCTION f(bob integer, \"TO\" text) FROM PUBLIC;\n"),
        Case(kind: "ACL", sql: "GRANT ALL ON TABLE t TO bob;\n", roles: ["bob"], rewritten: nil),
        Case(
            kind: "ACL",
            sql:
                "SET SESSION AUTHORIZATION alice;\nGRANT ALL ON TABLE t TO \"Al \"\"x\";\nRESET SESSION AUTHORIZATION;\n",
            roles: ["alice", "Al \"x"],
            rewritten:
                "SET SESSION AUTHORIZATION \"eve\";\nGRANT ALL ON TABLE t TO \"Al \"\"x\";\nRESET SESSION AUTHORIZATION;\n"
        ),
        Case(
            kind: "DEFAULT ACL",
            sql: "ALTER DEFAULT PRIVILEGES FOR ROLE alice IN SCHEMA bob GRANT SELECT ON TABLES  TO carol;\n",
            roles: ["alice", "carol"],
            rewritten: "ALTER DEFAULT PRIVILEGES FOR ROLE \"eve\" IN SCHEMA bob GRANT SELECT ON TABLES  TO carol;\n"),
        Case(
            kind: "POLICY", sql: "CREATE POLICY p ON t TO alice, bob USING ((x IN ( SELECT 'TO bob' FROM bob)));\n",
            roles: ["alice", "bob"],
            rewritten: "CREATE POLICY p ON t TO \"eve\" USING ((x IN ( SELECT 'TO bob' FROM bob)));\n"),
        Case(
            kind: "POLICY", sql: "CREATE POLICY p ON t TO bob, PUBLIC USING (true);\n", roles: ["bob"],
            rewritten: "CREATE POLICY p ON t TO PUBLIC USING (true);\n"),
        Case(kind: "POLICY", sql: "CREATE POLICY p ON t TO bob USING (true);\n", roles: ["bob"], rewritten: nil),
        Case(
            kind: "USER MAPPING", sql: "CREATE USER MAPPING FOR alice SERVER bob OPTIONS (user 'alice');\n",
            roles: ["alice"], rewritten: "CREATE USER MAPPING FOR \"eve\" SERVER bob OPTIONS (user 'alice');\n"),
        Case(
            kind: "DATABASE PROPERTIES",
            sql: "ALTER DATABASE a SET role TO 'bob';\nALTER ROLE bob IN DATABASE a SET x TO '1';\n",
            roles: ["bob"], rewritten: "ALTER DATABASE a SET role TO 'bob';\n"),
        Case(
            kind: "VIEW", sql: "CREATE VIEW v AS SELECT 1 FROM bob;\n", roles: [],
            rewritten: "CREATE VIEW v AS SELECT 1 FROM bob;\n"),
    ]

    @Test("roles are found where the grammar has them", arguments: cases)
    func found(_ test: Case) {
        let entry = Self.entry(.init(ArchiveText(test.kind)), test.sql)
        #expect(Set(RoleReferences(map: [:]).roles(of: entry).map(\.string)) == test.roles)
    }

    @Test("roles are exchanged, and statements about absent ones left out, B12", arguments: cases)
    func rewritten(_ test: Case) {
        let entry = Self.entry(.init(ArchiveText(test.kind)), test.sql)
        let references = RoleReferences(map: ["alice": "eve"], absent: ["bob"])
        #expect(references.rewritten(entry)?.string == test.rewritten)
    }

    @Test("without a map and with every role there, the SQL stays as it is, comments included")
    func untouched() {
        let sql = "-- a comment\nGRANT ALL ON TABLE t TO bob;\n\n"
        #expect(RoleReferences(map: [:]).rewritten(Self.entry(.acl, sql))?.string == sql)
    }

    @Test("owners are set by the tag, for functions by the DROP statement, for parts of others not at all")
    func owners() {
        var entry = Self.entry(.table, "CREATE TABLE s.t ();")
        entry.namespace = "s"
        entry.dropStatement = "DROP TABLE s.t;\n"
        #expect(OwnerStatement.of(entry, owner: "o'w\"n")?.string == "ALTER TABLE \"s\".\"t\" OWNER TO \"o'w\"\"n\";\n")
        entry.kind = "FUNCTION"
        entry.dropStatement = "DROP FUNCTION s.f(a integer, text);\n"
        #expect(OwnerStatement.of(entry, owner: "o")?.string == "ALTER FUNCTION s.f(a integer, text) OWNER TO \"o\";\n")
        entry.kind = "INDEX"
        #expect(OwnerStatement.of(entry, owner: "o") == nil)
        entry.kind = .table
        entry.dropStatement = nil
        #expect(OwnerStatement.of(entry, owner: "o") == nil)
    }

    @Test("an ACL for a thousand large objects is one statement in the archive and one for each in the restore")
    func largeObjects() {
        let metadata = Self.entry(.largeObjectMetadata, "16400\n16401\n")
        let acl: ArchiveText = "GRANT SELECT ON LARGE OBJECT 16400 TO bob;\nGRANT UPDATE ON LARGE OBJECT 16400 TO x1;\n"
        #expect(
            LargeObjectEntry.perObject(acl: acl, of: metadata).string == """
                GRANT SELECT ON LARGE OBJECT 16400 TO bob;
                GRANT UPDATE ON LARGE OBJECT 16400 TO x1;
                GRANT SELECT ON LARGE OBJECT 16401 TO bob;
                GRANT UPDATE ON LARGE OBJECT 16401 TO x1;

                """)
    }
}
