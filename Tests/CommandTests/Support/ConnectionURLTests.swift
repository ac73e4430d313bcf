import DBKit
import Testing

@testable import dbctl

@Suite("Connection URLs as people have them")
struct ConnectionURLTests {
    @Test(
        "libpq gets what it understands",
        arguments: [
            ("postgresql://u@h:5432/d?sslmode=require", "postgresql://u@h:5432/d?sslmode=require"),
            ("postgres://h/d", "postgres://h/d"),
            ("postgresql+psycopg2://u@h/d", "postgresql://u@h/d"),
            ("jdbc:postgresql://h/d?user=u", "postgresql://h/d?user=u"),
            ("postgresql://h/d?schema=app&connection_limit=5&pool_timeout=3&pgbouncer=true", "postgresql://h/d"),
            ("postgresql://h/d?sslmode=require&schema=a", "postgresql://h/d?sslmode=require"),
            ("postgresql://h/d?ssl=true", "postgresql://h/d?sslmode=verify-full"),
            ("postgresql:///d?host=/run/pg", "postgresql:///d?host=/run/pg"),
            ("postgresql://[::1]:5432/d", "postgresql://[::1]:5432/d"),
            ("postgresql://a:1,b:2/d", "postgresql://a:1,b:2/d"),
            ("host=h dbname=d", "host=h dbname=d"),
            ("password='it\\'s' host=h", "password='it\\'s' host=h"),
            ("postgresql://u:p@ss@h/d", "postgresql://u:p%40ss@h/d"),
            ("postgresql://u:p/ss@h/d", "postgresql://u:p%2Fss@h/d"),
            ("postgresql://h:5432/odd@name", "postgresql://h:5432/odd@name"),
        ])
    func translated(_ given: String, _ wanted: String) throws {
        #expect(try ConnectionURL(given).text == wanted)
    }

    @Test("what was translated or ignored is named once each")
    func notes() throws {
        let url = try ConnectionURL("postgresql+asyncpg://h/d?schema=app&connection_limit=5&pgbouncer=true")
        #expect(url.notes.contains { $0.hasPrefix("connection_limit in the URL is ignored") })
        #expect(url.notes.count == 3 && url.searchPath?.label == "schema=app")
        #expect(try ConnectionURL("postgresql://h/d?sslmode=require").notes.isEmpty)
    }

    @Test(
        "a URL that cannot be read is refused without a piece of its password",
        arguments: [
            "mysql://u:geheim@h/d", "postgresql://u:geh?eim@h/d", "postgresql://u:ge%zzheim@h/d",
            "postgresql://u:geheim%@h/d", "u:geheim@h/d", "postgresql://h:geheim/d", "postgresql://h/d?geheim",
            "postgresql://u:12?x=geheim@h/d%", "host=h password=mein geheim dbname=d",
            "host=h password='mein geheim", "host=h password='geheim\\'",
        ])
    func refused(_ given: String) {
        #expect {
            try ConnectionURL(given)
        } throws: { error in
            !"\(error)".contains("geh") && !"\(error)".contains("heim")
        }
    }

    @Test(
        "the search path is kept, each name quoted as it means itself",
        arguments: [
            ("schema=app", "\"app\""), ("schema=My%20App,x", "\"My App,x\""), ("currentSchema=App", "\"app\""),
            ("search_path=app,%20Public", "\"app\", \"public\""), ("search_path=%22A%22%22b%22,c", "\"A\"\"b\", \"c\""),
            ("search_path=$user,public", "\"$user\", \"public\""), ("schema=a%22b", "\"a\"\"b\""),
            ("schema=a&search_path=a", "\"a\""),
        ])
    func searchPath(_ query: String, _ wanted: String) throws {
        let url = try ConnectionURL("postgresql://h/d?\(query)")
        #expect(try url.searchPath?.setting == wanted)
        #expect(url.text == "postgresql://h/d", "neither libpq nor a pooler is told")
    }

    @Test("an empty search path says nothing; one that cannot be read is refused")
    func searchPathRefused() throws {
        #expect(try ConnectionURL("postgresql://h/d?schema=").searchPath == nil)
        let refused = [
            "search_path=a,,b", "search_path=a,", "search_path=a%20b", "search_path=%22a", "search_path=%22%22",
            "schema=a&currentSchema=b", "schema=\(String(repeating: "a", count: 64))", "schema=geheim@h/d",
        ]
        for query in refused {
            #expect(throws: SpellingProblem.self, "\(query)") { try ConnectionURL("postgresql://h/d?\(query)") }
        }
    }

    @Test("a URL knows which parts it gives")
    func keywords() throws {
        #expect(
            try ConnectionURL("postgresql://u:p@h:1/d?sslmode=require").keywords
                == ["user", "password", "host", "port", "dbname", "sslmode"])
        #expect(try ConnectionURL("postgresql:///").keywords.isEmpty)
        #expect(try ConnectionURL("host=h password='a b' user=x").keywords == ["host", "password", "user"])
    }
}

@Suite("Passwords on the command line")
struct ArgumentSecretsTests {
    @Test(
        "the password is found in every spelling",
        arguments: [
            ("--database-url=postgresql://u:ge%40heim@h/d", "--database-url=postgresql://u:****@h/d"),
            ("postgres://u:ge@heim@h/d", "postgres://u:****@h/d"),
            ("postgres://u:ge/heim@h/d", "postgres://u:****@h/d"),
            ("postgres://u:ge?heim@h/d", "postgres://u:****@h/d"),
            ("postgres://:geheim@h/d", "postgres://:****@h/d"),
            ("postgres://h/d?password=geheim&x=1", "postgres://h/d?password=****&x=1"),
            ("host=h password=geheim dbname=d", "host=h password=**** dbname=d"),
            ("password = 'ge heim' host=h", "password = **** host=h"),
            ("postgresql://u@h/d", "postgresql://u@h/d"),
            ("--target", "--target"),
        ])
    func found(_ argument: String, _ shown: String) {
        #expect(ArgumentSecrets(["dbctl", argument]).hiding(in: argument) == shown)
    }
}
