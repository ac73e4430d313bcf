import DBKit
import TestSupport
import Testing

/// Where statements end, with everything that looks like an end and is none.
@Suite struct SQLScriptTests {
    private static func statements(_ text: String) throws -> [String] {
        let script = try SQLScript(text)
        return script.statements.map { script.text($0.range) }
    }

    private static func bytesOfPieces(_ script: SQLScript) -> [UInt8] {
        script.pieces.flatMap { script.bytes[$0.range] }
    }

    /// One statement each, whatever is in it.
    static let whole = [
        "SELECT 'a;b'", "SELECT 'it''s; fine'", #"SELECT E'a\';b'"#, #"SELECT e'\\'"#, #"SELECT 'a\'"#,
        "SELECT U&'d\\0061t;a' UESCAPE '!'", #"SELECT U&"d;x" FROM t"#, "SELECT B'01;', X'1F;', N';'",
        #"SELECT "a;""b" FROM t"#, "SELECT $$a;b$$", "SELECT $tag$ a; $$ ; $tag $tag$", "SELECT $é$;$é$",
        "SELECT 1 -- a;b\n + 2", "SELECT 1 /* a; /* b; */ c; */ + 2", "SELECT a$b$c FROM t",
        "SELECT $1;".replacing(";", with: ""), "SELECT 1$$;$$", "SELECT 10$a$;$a$",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM v)",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "create or replace procedure p() begin atomic insert into t values (1); end",
        "CREATE FUNCTION f(i int) RETURNS text BEGIN ATOMIC SELECT CASE WHEN i > 0 THEN 'a;' ELSE 'b' END; END",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT x.end, y.case FROM z; END",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT (CASE 1 WHEN 1 THEN (CASE WHEN true THEN 2 END) END); END",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$",
        "SELECT 'begin atomic'", "SELECT a[1:2], b::int, c ->> 'd;', 5 @-- x;\n - 1", "SELECT 1.5e-3, .5, 1_000, 0xFF",
        "SELECT E'a'\n -- b\n 'c\\';d'", "SELECT 'a'\n'b;'",
    ]

    @Test("nothing inside of a literal, a comment, parentheses or a body ends a statement", arguments: whole)
    func wholeStatements(text: String) throws {
        #expect(try Self.statements(text) == [text])
        #expect(try Self.statements("SELECT 0; \(text) ; SELECT 9") == ["SELECT 0", text, "SELECT 9"])
    }

    @Test("these are several statements")
    func several() throws {
        let cases: [(String, [String])] = [
            ("", []), (" \n-- only words\n;;;/* ; */", []),
            ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
            ("BEGIN; SELECT 1; END;", ["BEGIN", "SELECT 1", "END"]),
            ("CREATE TABLE begin_atomic(); SELECT 1", ["CREATE TABLE begin_atomic()", "SELECT 1"]),
            ("SELECT 'a' -- b\n; SELECT 2", ["SELECT 'a'", "SELECT 2"]),
            ("\u{FEFF}SELECT 1;\r\nSELECT 2;\r", ["SELECT 1", "SELECT 2"]),
            (#"SELECT 'a\'; SELECT 'b'"#, [#"SELECT 'a\'"#, "SELECT 'b'"]),
            (
                #"SET standard_conforming_strings = off; SELECT 'a\';b'; SET standard_conforming_strings TO 'on'; SELECT '\'; SELECT 1"#,
                [
                    "SET standard_conforming_strings = off", #"SELECT 'a\';b'"#,
                    "SET standard_conforming_strings TO 'on'", #"SELECT '\'"#, "SELECT 1",
                ]
            ),
            ("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", ["SELECT 1"]),
            ("SELECT 1 AS \"BEGIN ATOMIC\"; SELECT 2", ["SELECT 1 AS \"BEGIN ATOMIC\"", "SELECT 2"]),
        ]
        for (text, expected) in cases { #expect(try Self.statements(text) == expected, "\(text)") }
    }

    @Test("rows of COPY are data, whatever they look like")
    func rows() throws {
        let text = """
            COPY t (a, "from") FROM stdin; -- two rows
            1\t'a;
            \\N\t$$ -- /*
            \\.
            COPY u FROM STDIN WITH (FORMAT csv);
            \\.
            COPY (SELECT 1 FROM stdin) TO stdout;
            SELECT 1;

            """
        let script = try SQLScript(text)
        #expect(Self.bytesOfPieces(script) == Array(text.utf8))
        #expect(
            script.statements.map { script.text($0.range) } == [
                "COPY t (a, \"from\") FROM stdin", "COPY u FROM STDIN WITH (FORMAT csv)",
                "COPY (SELECT 1 FROM stdin) TO stdout", "SELECT 1",
            ])
        #expect(
            script.statements.map { $0.rows.map(script.text) } == ["1\t'a;\n\\N\t$$ -- /*\n", "", nil, nil])
        #expect(script.statements.map(\.line) == [1, 5, 7, 8])
    }

    @Test(
        "what is no SQL is refused with its line, before anything could be sent",
        arguments: [
            ("SELECT 1;\n\nSELECT 'a\n", 3, "string"), ("\n\"a", 2, "name"), ("/* /* */", 1, "comment"),
            ("\nSELECT $a$ $$ ", 2, "$a$"), ("SELECT 1;\n\\i other.sql\n", 2, "\\i"),
            ("SELECT 1 \\gexec", 1, "\\gexec"),
            ("\\copy t from 'f'", 1, "\\copy"), ("SELECT (1;\nSELECT 2;\n", 1, "parenthesis"),
            ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", 1, "END"),
            ("COPY t FROM stdin;\n1\n2\n", 2, "\\."), ("COPY t FROM stdin", 1, "semicolon"),
            ("COPY t FROM stdin; SELECT 1;\n\\.\n", 1, "line after"),
            ("COPY t FROM stdin (FORMAT binary);\n\\.\n", 1, "binary"),
            ("SELECT 1;\0", 1, "NUL"), ("\\restricted x", 1, "\\restricted"),
        ])
    func refused(text: String, line: Int, word: String) {
        let error = #expect(throws: SQLScriptError.self) { try SQLScript(text) }
        #expect(error?.line == line && error?.message.contains(word) == true, "\(String(describing: error))")
    }

    @Test("a marker ends the statement before it, and none is found inside of a literal")
    func markers() throws {
        let text = "-- up\nSELECT 1\n-- down\nSELECT '\n-- down\n', $$\n-- down\n$$ /* -- down */"
        let script = try SQLScript(Array(text.utf8)) {
            $0.elementsEqual("-- up".utf8) || $0.elementsEqual("-- down".utf8)
        }
        #expect(Self.bytesOfPieces(script) == Array(text.utf8))
        #expect(script.pieces.filter { $0.kind == .marker }.map(\.line) == [1, 3])
        #expect(
            script.statements.map { script.text($0.range) }
                == ["SELECT 1", "SELECT '\n-- down\n', $$\n-- down\n$$"])
        #expect(throws: SQLScriptError.self) {
            try SQLScript(Array("SELECT (1\n-- down\n)".utf8)) { $0.elementsEqual("-- down".utf8) }
        }
    }

    /// Fragments that are valid wherever a token may stand.
    private static let tokens = [
        "select", "'a;b'", "E'\\';'", "$$;$$", "$x$ $$; $x$", "\"a;\"", "(1; 2)", "1.5", "$1", "+", "::", "a$b", "x.y",
        "[",
        "]", "U&'\\0061;'", "case", "end", "begin", "*/".replacing("*/", with: "*"), "1e10", "é", ",",
    ]
    private static let spaces = [" ", "\n", "\t", "\r\n", " -- c; '\n", "/* ; ' $$ */", "/* /* ; */ */ ", "\r"]

    @Test(
        "pieces add up to the script, and white space, comments and line ends change no statement", arguments: 0..<200)
    func property(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        // No unary minus or slash among the tokens: beside another they would begin a comment.
        let statements = (0..<random.below(6)).map { _ in
            ["select"] + (0..<random.below(8)).map { _ in Self.tokens[random.below(Self.tokens.count)] }
        }
        func written(_ space: () -> String) -> String {
            statements.map { $0.map { space() + $0 }.joined() + space() + ";" }.joined()
        }
        let plain = try SQLScript(written { " " })
        let noisy = try SQLScript(written { Self.spaces[random.below(Self.spaces.count)] })
        #expect(Self.bytesOfPieces(noisy) == noisy.bytes)
        #expect(noisy.statements.count == statements.count)
        for (left, right) in zip(plain.statements, noisy.statements) {
            let texts = [(plain, left), (noisy, right)].map { script, statement in
                statement.tokens.filter(\.isSignificant).map { script.text($0.range) }
            }
            #expect(texts[0] == texts[1])
        }
    }

    @Test("no input of random pieces makes it lose a byte or hang", arguments: 0..<300)
    func garbage(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 1 << 32)
        let parts =
            Self.tokens + Self.spaces + [
                "'", "\"", "$", "$$", "/*", "*/", "--", ";", "(", ")", "\\", "\\.", "copy t from stdin;", "\n",
            ]
        let text = (0..<random.below(30)).map { _ in parts[random.below(parts.count)] }.joined()
        guard let script = try? SQLScript(text) else { return }
        #expect(Self.bytesOfPieces(script) == Array(text.utf8))
        for statement in script.statements {
            #expect(statement.tokens.first?.isSignificant == true && statement.tokens.last?.isSignificant == true)
        }
    }
}
