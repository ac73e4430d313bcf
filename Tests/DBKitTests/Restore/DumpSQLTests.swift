import Testing

@testable import Backup

/// Names inside pg_dump's SQL: found by their place in the grammar, never by their look.
@Suite struct DumpSQLTests {
    @Test(
        "tokens joined again are the text, byte for byte",
        arguments: [
            "", "GRANT SELECT(\"a\"\"b\") ON TABLE x TO bob;\n", "'unclosed", "\"unclosed", "$$unclosed",
            "$1 $tag$ a $tag$",
            "E'a\\'b;' -- c;\n;", "é; ü", "E", "a.b::text || U&'x'", "--", "E'\\",
        ])
    func lossless(sql: String) {
        #expect(DumpLexer.text(DumpLexer.tokens(ArchiveText(sql))) == ArchiveText(sql))
    }

    @Test("bytes that are not UTF-8 pass through the lexer")
    func latin1() {
        let text = ArchiveText(bytes: Array("GRANT ALL ON caf".utf8) + [0xE9] + Array(" TO bob;".utf8))
        #expect(DumpLexer.text(DumpLexer.tokens(text)) == text)
    }

    @Test("statements end at semicolons outside strings, names, comments and parentheses")
    func statements() {
        let sql: ArchiveText = "A ';' \";\" E'\\';' $x$;$x$; -- ;\nB (;);\n\n  C"
        #expect(
            DumpLexer.statements(sql).map { DumpLexer.text($0).string }
                == ["A ';' \";\" E'\\';' $x$;$x$;", "B (;);", "C"].map { $0 })
    }

    @Test(
        "the database's name is exchanged after DATABASE and nowhere else",
        arguments: [
            ("CREATE DATABASE app WITH TEMPLATE = template0;", "CREATE DATABASE \"new\" WITH TEMPLATE = template0;"),
            ("COMMENT ON DATABASE app IS 'DATABASE app';", "COMMENT ON DATABASE \"new\" IS 'DATABASE app';"),
            ("ALTER ROLE app IN DATABASE app SET x TO 'app';", "ALTER ROLE app IN DATABASE \"new\" SET x TO 'app';"),
            (
                "ALTER ROLE \"DATABASE\" IN DATABASE \"app\" SET a TO 1;",
                "ALTER ROLE \"DATABASE\" IN DATABASE \"new\" SET a TO 1;"
            ),
            ("GRANT ALL ON DATABASE app TO app;", "GRANT ALL ON DATABASE \"new\" TO app;"),
            ("ALTER DATABASE other SET a TO 1;", "ALTER DATABASE other SET a TO 1;"),
        ])
    func databaseName(old: String, new: String) {
        #expect(DatabaseName.replacing("app", with: "new", in: ArchiveText(old)).string == new)
    }

    @Test("settings of the database come before the work, limits after it")
    func properties() {
        let (settings, limits) = DatabaseName.properties(
            "ALTER DATABASE a SET x TO 'CONNECTION LIMIT';\nALTER DATABASE a CONNECTION LIMIT = 3;\n"
                + "ALTER DATABASE a IS_TEMPLATE = true;\nALTER ROLE r IN DATABASE a SET y TO '1';\n")
        #expect(settings.map(\.string).map { $0.prefix(14) } == ["ALTER DATABASE", "ALTER ROLE r I"])
        #expect(limits.count == 2)
    }

    @Test("FREEZE joins the options of a COPY, whatever the column names look like")
    func freezing() {
        #expect(
            TableDataLoader.freezing("COPY t (\" FROM stdin;\n\") FROM stdin;\n").string
                == "COPY t (\" FROM stdin;\n\") FROM stdin WITH (FREEZE);\n")
        #expect(
            TableDataLoader.freezing("COPY t  FROM stdin WITH (FORMAT binary);\n").string
                == "COPY t  FROM stdin WITH (FORMAT binary, FREEZE);\n")
    }

    @Test("INSERT statements are cut where they end")
    func inserts() {
        var splitter = InsertStatements.Splitter()
        let sql = "INSERT INTO \"a;b\" VALUES (';', E'\\';', 'it''s;');\nINSERT INTO c VALUES ('E');"
        var pieces = [""]
        for byte in sql.utf8 {
            pieces[pieces.count - 1].unicodeScalars.append(UnicodeScalar(byte))
            if splitter.ends(with: byte) { pieces.append("") }
        }
        #expect(
            pieces == [
                "INSERT INTO \"a;b\" VALUES (';', E'\\';', 'it''s;');", "\nINSERT INTO c VALUES ('E');", "",
            ])
    }
}
