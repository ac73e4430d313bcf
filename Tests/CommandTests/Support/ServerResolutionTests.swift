import DBKit
import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("A connection without its password") struct WithoutPasswordTests {
    @Test(
        "the password goes, and the mark that one stood there",
        arguments: [
            ("postgresql://app:secret@db1/app", "postgresql://app@db1/app"),
            ("postgresql://app@db1/app?password=secret&sslmode=require", "postgresql://app@db1/app?sslmode=require"),
            ("postgresql://app@db1/app?sslmode=require&password=secret", "postgresql://app@db1/app?sslmode=require"),
            ("postgresql://app@db1/app?password=secret", "postgresql://app@db1/app"),
            ("host=db1 password=secret user=app", "host=db1 user=app"),
            ("postgresql://app@db1/app", "postgresql://app@db1/app"),
        ])
    func without(url: String, shown: String) {
        #expect(ArgumentSecrets.without(in: url) == shown)
    }
}

@Suite("Where the server is")
struct ServerResolutionTests {
    private static let file = """
        targets:
          prod:
            url: "postgresql://app@pooler/app"
            direct_url: "postgresql://app@db1/app"
            password: "${PW}"
        """

    private func resolution(_ environment: [String: String]) throws -> ServerResolution {
        let root = try ConfigurationDecoder.decode(Self.file, file: "dbctl.yaml")
        return ServerResolution(
            environment: environment,
            configuration: Configuration(file: "dbctl.yaml", root: root, environment: environment)
        )
    }

    @Test("the first hit wins, in the order of the contract")
    func order() throws {
        var environment = [
            "PW": "x", "DBCTL_DATABASE_URL": "postgresql://one/d", "DATABASE_URL": "postgresql://two/d",
            "DB_HOST": "three",
        ]
        let all = try resolution(environment)
        #expect(try all.server(databaseURL: "postgresql://zero/d", target: "prod").source == "--database-url")
        #expect(try all.server(databaseURL: nil, target: "prod").source == "target prod (dbctl.yaml:3)")
        #expect(try all.server(databaseURL: nil, target: nil).source == "DBCTL_DATABASE_URL")
        environment["DBCTL_DATABASE_URL"] = ""
        #expect(try resolution(environment).server(databaseURL: nil, target: nil).source == "DATABASE_URL")
        environment["DATABASE_URL"] = nil
        let discrete = try resolution(environment).server(databaseURL: nil, target: nil)
        #expect(discrete.settings == [.init(keyword: "host", value: "three", origin: "DB_HOST")])
        environment["DB_HOST"] = nil
        #expect(try resolution(environment).server(databaseURL: nil, target: nil).source == "libpq's own defaults")
    }

    @Test("a target's password is a keyword of its own, and direct_url goes past the pooler")
    func target() throws {
        let server = try resolution(["PW": "s%3Cecret"]).server(databaseURL: nil, target: "prod", direct: true)
        #expect(server.url?.text == "postgresql://app@db1/app")
        #expect(server.settings.map(\.value) == ["s%3Cecret"])
    }

    @Test("a target's missing variable is 78 only when that target is used")
    func missingVariable() throws {
        let resolution = try resolution([:])
        #expect(try resolution.server(databaseURL: nil, target: nil).source == "libpq's own defaults")
        #expect {
            try resolution.server(databaseURL: nil, target: "prod")
        } throws: { error in
            (error as? Failure)?.code.name == "config.missing_variable" && "\(error)".contains("dbctl.yaml:5")
        }
    }

    @Test("an unknown target names the nearest one")
    func unknownTarget() throws {
        let resolution = try resolution([:])
        #expect {
            try resolution.server(databaseURL: nil, target: "prdo")
        } throws: { error in
            (error as? Failure)?.category == .configuration && "\(error)".contains("prod")
        }
    }

    @Test(
        "DB_SSL=true verifies unless the URL says otherwise",
        arguments: [
            ("postgresql://h/d", "true", "verify-full"), ("postgresql://h/d?sslmode=require", "true", nil),
            ("postgresql://h/d", "false", nil),
        ] as [(String, String, String?)])
    func ssl(_ url: String, _ value: String, _ mode: String?) throws {
        let server = try resolution(["DATABASE_URL": url, "DB_SSL": value]).server(databaseURL: nil, target: nil)
        #expect(server.settings.first { $0.keyword == "sslmode" }?.value == mode)
    }

    @Test("every part knows where it comes from, and the password is masked")
    func origins() throws {
        let environment = ["DATABASE_URL": "postgresql://u:geheim@h/d?schema=app", "PGPORT": "6000", "DB_SSL": "true"]
        let server = try resolution(environment).server(databaseURL: nil, target: nil)
        let parts = try server.parts(environment: environment)
        func part(_ keyword: String) -> ResolvedServer.Part? { parts.first { $0.keyword == keyword } }
        #expect(part("host") == .init(keyword: "host", value: "h", origin: "DATABASE_URL"))
        #expect(part("password") == .init(keyword: "password", value: "****", origin: "DATABASE_URL"))
        #expect(part("sslmode")?.origin == "DB_SSL")
        #expect(part("port")?.origin == "PGPORT")
        #expect(
            part("search_path") == nil
                && server.notes(searchPathMeaning: nil)
                    == ["schema in the URL is ignored: dbctl names every object with its schema"]
        )
        #expect(
            server.notes(searchPathMeaning: MigrateUpCommand.searchPathMeaning) == [
                "schema=app: the search_path of the migrations"
            ])
        #expect(!"\(parts)".contains("geheim"))
    }

    @Test("what a service says comes from there, with file and line, before the environment and behind the URL, D3")
    func service() async throws {
        try await withTemporaryFolder { folder in
            let file = "\(folder)/services"
            try "[other]\nhost=wrong\n# c\n[svc]\nhost=db9\nport=6001\nuser=app\npassword=geheim\n[last]\nport=1\n"
                .write(toFile: file, atomically: true, encoding: .utf8)
            let environment = ["PGSERVICEFILE": file, "PGPORT": "7000"]
            let server = try resolution(environment).server(databaseURL: "service=svc dbname=shop", target: nil)
            let parts = try server.parts(environment: environment)
            func part(_ keyword: String) -> ResolvedServer.Part? { parts.first { $0.keyword == keyword } }
            #expect(part("host") == .init(keyword: "host", value: "db9", origin: "service svc (\(file):5)"))
            #expect(part("port") == .init(keyword: "port", value: "6001", origin: "service svc (\(file):6)"))
            #expect(part("password") == .init(keyword: "password", value: "****", origin: "service svc (\(file):8)"))
            #expect(part("dbname")?.origin == "--database-url")
            let spelled = try server.parametersWithService(environment: environment).resolved()
            #expect(spelled.first { $0.keyword == "host" }?.value == "db9")
        }
    }

    @Test("the line of .pgpass that wins is named, and its password is not shown, D3")
    func passwordFile() async throws {
        try await withTemporaryFolder { folder in
            let file = "\(folder)/.pgpass"
            let text =
                "# h:5432:d:u:no\nother:*:*:*:geheim1\nh:*:d\\:x:u:geheim2\nh:5432:*:u:geheim3\n*:*:*:*:geheim4\n"
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            let environment = ["HOME": folder]
            func origin(_ url: String) throws -> String? {
                let server = try resolution(environment).server(databaseURL: url, target: nil)
                let parts = try server.parts(environment: environment)
                #expect(!"\(parts)".contains("geheim"))
                return parts.first { $0.keyword == "password" }?.origin
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            #expect(try origin("postgresql://u@h/d") == nil, "libpq does not read what others can read")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            #expect(try origin("postgresql://u@h/d") == "\(file):4")
            #expect(try origin("postgresql://u@h/d%3Ax") == "\(file):3")
            #expect(try origin("postgresql://u@elsewhere/d") == "\(file):5")
            #expect(try origin("postgresql://u:own@h/d") == "--database-url")
        }
    }

    @Test("a .env file is read as shells write it")
    func dotEnv() throws {
        let text = "\u{FEFF}# c\r\nA=1\r\nexport B='x # y'\nC=\"a\\n\\\"b\\$\"\nD=ge#heim # c\n\nE=\n"
        let entries = try DotEnv.parse(text, file: ".env")
        #expect(entries.map(\.name) == ["A", "B", "C", "D", "E"])
        #expect(entries.map(\.value) == ["1", "x # y", "a\n\"b$", "ge#heim", ""])
    }

    @Test("a broken .env line is named by number, never quoted", arguments: ["geheim", "A='geheim", "1A=geheim"])
    func brokenDotEnv(_ line: String) {
        #expect {
            try DotEnv.parse("X=1\n\(line)\n", file: ".env")
        } throws: { error in
            "\(error)".contains(".env:2") && !"\(error)".contains("geheim")
        }
    }
}
