import DBKit
import Testing

@testable import dbctl

@Suite("dbctl.yaml is read strictly")
struct ConfigurationTests {
    /// What is wrong, and where.
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let code: String
        let place: String
        var says = ""
        var testDescription: String { "\(code) \(place)" }
    }

    static let refused = [
        Case(text: "backup:\n  jbos: 2\n", code: "config.unknown_key", place: ":2:", says: "\"jobs\""),
        Case(text: "bakcup: {}\n", code: "config.unknown_key", place: ":1:", says: "\"backup\""),
        Case(text: "backup:\n  jobs: 1\n  repo: x\n  jobs: 2\n", code: "config.duplicate_key", place: ":4:"),
        Case(text: "backup:\n  jobs: many\n", code: "config.type", place: ":2:"),
        Case(text: "backup:\n  jobs: \"2\"\n", code: "config.type", place: ":2:"),
        Case(text: "backup:\n  jobs: 99999999999999999999999999\n", code: "config.type", place: ":2:"),
        Case(text: "backup:\n  repo: [a]\n", code: "config.type", place: ":2:"),
        Case(text: "backup:\n  repo: 5\n", code: "config.type", place: ":2:"),
        Case(text: "backup:\n  keep:\n    daily: -1\n", code: "config.type", place: ":3:"),
        Case(text: "backup:\n  compress: lz4\n", code: "config.type", place: ":2:"),
        Case(text: "defaults:\n  lock_timeout: 2\n", code: "config.type", place: ":2:"),
        Case(text: "partitions:\n  - {table: a, by: b, every: 1mo}\n", code: "config.type", place: ":2:"),
        Case(text: "feeds:\n  p: {table: t}\n", code: "config.missing", place: ":2:", says: "key"),
        Case(
            text: "feeds:\n  p:\n    table: t\n    key: a\n    guards: {max_jmp: 5}\n", code: "config.unknown_key",
            place: ":5:"),
        Case(text: "targets:\n\tprod: {}\n", code: "config.syntax", place: ":2:", says: "tab"),
        Case(text: "backup: {repo: [a}\n", code: "config.syntax", place: ":1:"),
        Case(text: "backup: {}\n---\nbackup: {}\n", code: "config.syntax", place: ":2:"),
        Case(text: "- a\n", code: "config.type", place: ":1:"),
        Case(text: "backup:\n  <<: {jobs: 2}\n", code: "config.unknown_key", place: ":2:"),
        Case(text: "targets:\n  a: {url: \"mysql://u:geheim@h/d\"}\n", code: "config.type", place: ":2:"),
        Case(
            text: "targets:\n  a: {url: \"postgresql://h/d\", pasword: geheim}\n", code: "config.unknown_key",
            place: ":2:"),
        Case(text: "targets:\n  a: {url: 5}\n", code: "config.type", place: ":2:", says: "postgresql://"),
        Case(text: "targets:\n  a: {url: true}\n", code: "config.type", place: ":2:"),
        Case(text: "targets:\n  a: {url: \"\"}\n", code: "config.type", place: ":2:"),
        Case(text: "targets:\n  a:\n    url:\n", code: "config.type", place: ":3:"),
        Case(text: "targets:\n  a: {url: app}\n", code: "config.type", place: ":2:"),
        Case(text: "targets:\n  a: {url: \"postgresql://app@\"}\n", code: "config.type", place: ":2:"),
        Case(
            text: "targets:\n  a:\n    url: \"postgresql://h/d\"\n    direct_url: \"\"\n", code: "config.type",
            place: ":4:"),
        Case(
            text: "targets:\n  a:\n    url: \"postgresql://h/d\"\n    password: \"\"\n", code: "config.type",
            place: ":4:"),
        Case(
            text: "targets:\n  a:\n    url: \"postgresql://h/d\"\n    password: null\n", code: "config.type",
            place: ":4:"),
        Case(text: "backup:\n  repo: \"\"\n", code: "config.type", place: ":2:", says: "not empty"),
        Case(text: "geheim: geheim: geheim\n", code: "config.syntax", place: ":1:"),
    ]

    @Test("a mistake is 78 with file, line and the nearest valid key", arguments: refused)
    func mistakes(_ mistake: Case) {
        #expect {
            try ConfigurationDecoder.decode(mistake.text, file: "dbctl.yaml")
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.code.name == mistake.code && failure.category == .configuration
                && failure.message.hasPrefix("dbctl.yaml\(mistake.place)") && "\(failure)".contains(mistake.says)
                && !"\(failure)".contains("geheim")
        }
    }

    @Test(
        "an empty file, comments only and empty sections are no mistake", arguments: ["", "# c\n", "backup:\nfeeds:\n"])
    func empty(_ text: String) throws {
        #expect(try ConfigurationDecoder.decode(text, file: "f").scalars().isEmpty)
    }

    @Test("the example of the contract is accepted, every part of it")
    func example() throws {
        let root = try ConfigurationDecoder.decode(Self.contractExample, file: "f")
        #expect(root[path: ["feeds", "prices", "map", "asset_id", "lookup"]]?.scalar == "assets.symbol")
        #expect(root[path: ["backup", "keep", "monthly"]]?.scalar == "12")
        #expect(root[path: ["pool", "pgbouncer"]] != nil)
    }

    @Test("what dbctl init writes is accepted")
    func sample() throws {
        #expect(try !ConfigurationDecoder.decode(SampleConfiguration.text, file: "f").scalars().isEmpty)
        // Every commented example in it, too.
        let all = SampleConfiguration.text.replacing(#/(?m)^#  /#, with: "  ")
        #expect(try ConfigurationDecoder.decode(all, file: "f")[path: ["partitions"]] != nil)
    }

    @Test("an anchor is read, and aliases that stand for too many values are refused")
    func aliases() throws {
        let shared = "indexes:\n  - {table: a, columns: &c [x, y]}\n  - {table: b, columns: *c}\n"
        #expect(try ConfigurationDecoder.decode(shared, file: "f").scalars().count == 6)
        let columns = repeatElement("x", count: 300).joined(separator: ", ")
        let bomb =
            "indexes:\n  - {table: t, columns: &c [\(columns)]}\n"
            + String(repeating: "  - {table: t, columns: *c}\n", count: 300)
        #expect {
            try ConfigurationDecoder.decode(bomb, file: "f")
        } throws: { error in
            (error as? Failure)?.code.name == "config.syntax"
        }
    }

    @Test("${NAME} is resolved when the value is used, and must fit its key then")
    func placeholders() throws {
        let root = try ConfigurationDecoder.decode("backup:\n  jobs: \"${JOBS}\"\n  repo: \"${A}/${B}\"\n", file: "f")
        func configuration(_ environment: [String: String]) -> Configuration {
            Configuration(file: "f", root: root, environment: environment)
        }
        #expect(try configuration(["JOBS": "7"]).value(of: .backupJobs) == 7)
        #expect(try configuration(["A": "/x", "B": "y"]).value(of: .backupRepo) == "/x/y")
        #expect {
            try configuration(["JOBS": "geheim"]).value(of: .backupJobs)
        } throws: { error in
            "\(error)".contains("f:2") && !"\(error)".contains("geheim")
        }
        #expect(throws: Failure.self) { try configuration(["JOBS": "7"]).resolveAll() }
    }

    @Test("an empty variable never leaves libpq's defaults in the place of a URL or a password")
    func emptyVariables() throws {
        let text = """
            targets:
              prod:
                url: "postgresql://app@${HOST}/app"
                direct_url: "${DIRECT}"
                password: "${PW}"
            """
        let root = try ConfigurationDecoder.decode(text, file: "f")
        func said(_ environment: [String: String], direct: Bool = false) -> String {
            let configuration = Configuration(file: "f", root: root, environment: environment)
            let resolution = ServerResolution(environment: environment, configuration: configuration)
            do throws(Failure) {
                return try resolution.server(databaseURL: nil, target: "prod", direct: direct).url?.text ?? "libpq's"
            } catch {
                return "\(error.code.name) \(error.message)"
            }
        }
        let full = ["HOST": "db1", "DIRECT": "postgresql://app@db2/app", "PW": "x", "PGHOST": "elsewhere"]
        func without(_ name: String) -> [String: String] { full.merging([name: ""]) { $1 } }
        #expect(said(full) == "postgresql://app@db1/app" && said(full, direct: true) == full["DIRECT"])
        #expect(said(without("HOST")).hasPrefix("config.missing_variable f:3: targets.prod.url needs"))
        #expect(said(without("DIRECT"), direct: true).hasPrefix("config.missing_variable f:4: targets.prod.direct_url"))
        #expect(said(without("PW")).hasPrefix("config.missing_variable f:5: targets.prod.password"))
    }

    @Test("environment over file, file over default")
    func precedence() throws {
        let root = try ConfigurationDecoder.decode("backup: {jobs: 3}\n", file: "f")
        func jobs(_ environment: [String: String], _ root: ConfigurationValue?) throws -> Int? {
            try Configuration(file: "f", root: root, environment: environment).value(of: .backupJobs)
        }
        #expect(try jobs(["DBCTL_BACKUP_JOBS": "5"], root) == 5)
        #expect(try jobs([:], root) == 3)
        #expect(try jobs([:], nil) == 2)
        #expect(throws: Failure.self) { try jobs(["DBCTL_BACKUP_JOBS": "lots"], root) }
    }

    static let contractExample = """
        targets:
          prod:
            url: "postgresql://app@pooler.internal:6432/app?sslmode=verify-full"
            direct_url: "postgresql://app@db1.internal/app?sslmode=verify-full"
            password: "${PROD_DB_PASSWORD}"
        defaults: {lock_timeout: 2s, statement_timeout: 0s, parallel: 4}
        backup:
          repo: /var/backups/dbctl
          compress: zstd:3
          jobs: 2
          keep: {last: 3, daily: 7, weekly: 4, monthly: 12}
          exclude_table_data: ["audit.*"]
          heartbeat: https://monitor.example/ping/abc
          pg_bin: /usr/lib/postgresql/15/bin
        migrate: {dir: migrations, dialect: auto, dump: schema.sql}
        feeds:
          prices:
            table: prices
            key: [asset_id, date]
            map: {asset_id: {from: symbol, lookup: assets.symbol}, close: Close}
            guards: {max_jump: 5, missing_assets: 30%, stale_after: 3d}
        indexes:
          - {table: prices, columns: [asset_id, date]}
        partitions:
          - {table: user_attempts, by: attempted_at, every: 1 month, timezone: UTC, ahead: 3, keep: 24 months, on_expire: archive}
        pool: {warning: 80, critical: 90, pgbouncer: "postgresql://pgbouncer@/pgbouncer?host=/run/pgbouncer&port=6432"}
        """
}
