import DBKit
import Testing

/// sqitch: the plan decides. The plan and the ids are those of sqitch 1.3.1 itself (`sqitch init flipr`, `sqitch add`…).
@Suite struct MigrationSqitchTests {
    static let plan = #"""
        %syntax-version=1.0.0
        %project=flipr
        %uri=https://github.com/sqitchers/flipr/

        appschema 2026-11-21T17:46:40Z Ann Ãcrivain <ann@example.com> # Add schema for all flipr objects.
        users [appschema] 2026-11-21T17:46:41Z Ann Ãcrivain <ann@example.com> # Creates table to track our users.
        insert_user [users appschema !dropped] 2026-11-21T17:46:41Z Ann Ãcrivain <ann@example.com> # Creates a function to insert a user.\n\nA second paragraph.
        @v1.0.0-dev1 2026-11-21T17:46:42Z Ann Ãcrivain <ann@example.com> # Tag v1.0.0-dev1.
        insert_user [insert_user@v1.0.0-dev1] 2026-11-21T17:46:42Z Ann Ãcrivain <ann@example.com> # Change "insert_user" to crypt.
        app/lists [users] 2026-11-21T17:46:42Z Ann Ãcrivain <ann@example.com> # é

        """#

    private static let ids = [
        "f4a5ff7a1bfb712d0114b12419421ab81157ae57", "27ec4c7559b8ee3a64036380bba4da43aa9ffa86",
        "89e1514d8622f729ab17d2e35959cb5c5d146315", "f1cbfb66b4255638987ff24d2d97315c0a38dae2",
        "0ddc33b9abb41a16d978666f28635bb598688094",
    ]

    private static func deploy(_ statement: String) -> String {
        "-- Deploy flipr:x to pg\n-- requires: appschema\n\nBEGIN;\n\n\(statement);\n\nCOMMIT;\n"
    }

    static let files = [
        "sqitch.plan": plan,
        "sqitch.conf": "[core]\n\tengine = pg\n\t# plan_file = sqitch.plan\n\t# top_dir = .\n# [engine \"pg\"]\n",
        "deploy/appschema.sql": deploy("CREATE SCHEMA flipr"),
        "revert/appschema.sql": deploy("DROP SCHEMA flipr"),
        "verify/appschema.sql": "\\set x 1\nROLLBACK;",
        "deploy/users.sql": "-- no transaction here\nCREATE INDEX CONCURRENTLY i ON flipr.users (id);\n",
        "deploy/insert_user@v1.0.0-dev1.sql": deploy("SELECT 'first'"),
        "revert/insert_user@v1.0.0-dev1.sql": deploy("SELECT 'no function'"),
        "deploy/insert_user.sql": deploy("SELECT 'second'"),
        "revert/insert_user.sql": deploy("SELECT 'first again'"),
        "deploy/app/lists.sql": deploy("CREATE TABLE flipr.lists ()"),
    ]

    @Test(
        "versions are places in the plan, a reworked change keeps its own scripts, and as psql would, statements stand alone"
    )
    func folder() throws {
        let folder = try FolderText.folder(Self.files)
        #expect(
            FolderText.summary(folder) == [
                "sqitch", "1 appschema up: outside BEGIN; CREATE SCHEMA flipr; COMMIT",
                "1 appschema down: outside BEGIN; DROP SCHEMA flipr; COMMIT",
                "2 users up: outside CREATE INDEX CONCURRENTLY i ON flipr.users (id)",
                "3 insert_user up: outside BEGIN; SELECT 'first'; COMMIT",
                "3 insert_user down: outside BEGIN; SELECT 'no function'; COMMIT",
                "4 insert_user up: outside BEGIN; SELECT 'second'; COMMIT",
                "4 insert_user down: outside BEGIN; SELECT 'first again'; COMMIT",
                "5 app/lists up: outside BEGIN; CREATE TABLE flipr.lists (); COMMIT",
            ])
        #expect(folder.versioned.map(\.changeID) == Self.ids)
        #expect(folder.versioned[2].up.path == "deploy/insert_user@v1.0.0-dev1.sql")
    }

    @Test("more than ten changes are in the order of the plan")
    func order() throws {
        let names = (0..<12).map { "c\(12 - $0)x" }
        let lines = names.map { "\($0) 2026-01-01T00:00:00Z A <a@b>" }.joined(separator: "\n")
        var files = ["sqitch.plan": "%project=p\n\n\(lines)\n"]
        for name in names { files["deploy/\(name).sql"] = "SELECT 1;" }
        #expect(try FolderText.folder(files).versioned.map(\.name) == names)
    }

    @Test("the plan's parts are read")
    func parts() throws {
        let plan = try SqitchPlan(Self.plan)
        #expect(plan.project == "flipr")
        #expect(plan.changes.map(\.id) == Self.ids)
        #expect(plan.changes[2].requires == ["users", "appschema"])
        #expect(plan.changes[2].conflicts == ["dropped"])
        #expect(plan.changes[2].tags == ["v1.0.0-dev1"])
        #expect(plan.changes[2].note == "Creates a function to insert a user.\n\nA second paragraph.")
        #expect(plan.changes[3].requires == ["insert_user@v1.0.0-dev1"])
        #expect(plan.changes.map(\.line) == [5, 6, 7, 9, 10])
    }

    static let wrong: [(String, String)] = [
        ("a 2026-01-01T00:00:00Z A <a@b>", "sqitch.plan:1: there is no %project above it"),
        (
            "%project=p\n\na",
            "sqitch.plan:3: after the name belong a date and a planner: 2026-01-31T12:00:00Z Name <address>"
        ),
        ("%project=p\n\n@t 2026-01-01T00:00:00Z A <a@b>", "sqitch.plan:3: the tag @t has no change above it"),
        ("%project=p\n\na [b] 2026-01-01T00:00:00Z A <a@b>", "sqitch.plan:3: a requires b, which no line above it has"),
        ("%project=p\n\na [a] 2026-01-01T00:00:00Z A <a@b>", "sqitch.plan:3: a requires a, which no line above it has"),
        (
            "%project=p\n\na 2026-01-01T00:00:00Z A <a@b>\na 2026-01-01T00:00:00Z A <a@b>",
            "sqitch.plan:4: a second a without a tag since the one on line 3"
        ),
        (
            "%project=p\n\na 2026-01-01T00:00:00Z A <a@b>\nb [!a] 2026-01-01T00:00:00Z A <a@b>",
            "sqitch.plan:4: b conflicts with a, which a line above it has"
        ),
        ("%project=p\n\n.a 2026-01-01T00:00:00Z A <a@b>", "sqitch.plan:3: .a is no name of a change or a tag"),
        ("%project=p\n\na 2026-01-01T00:00:00Z A <a@b>", "sqitch.plan:3: there is no deploy/a.sql"),
        ("%syntax-version=2.0.0\n%project=p", "sqitch.plan:1: a plan of syntax 2.0.0; dbctl reads 1.0.0"),
        ("", "sqitch.plan:1: there is no %project"),
    ]

    @Test("a plan that is not as sqitch writes it is refused with its line", arguments: wrong)
    func wrongPlans(_ plan: String, _ expected: String) {
        #expect(FolderText.problems(["sqitch.plan": plan]) == [expected])
    }

    @Test("another project's changes and changes by id are not looked for")
    func otherProjects() throws {
        let id = String(repeating: "a1", count: 20)
        let plan = try SqitchPlan("%project=p\n\na [other:x p:\(id) \(id)] 2026-01-01T00:00:00Z A <a@b>\n")
        #expect(plan.changes[0].requires == ["other:x", id, id])
    }

    @Test("whatever sqitch reads is read the same: the ids are its own")
    func oddities() throws {
        let plan = """
            %syntax-version=1.0.0
            %project=p
            %uri=HTTPS://User@GitHub.COM:443

            # a comment
            +a 2026-01-01T00:00:00Z A B <a@b> # x\\\\y \\\\n\u{20}
            @t 2026-01-01T00:00:00Z A <a@b>
            b [p:a other:c !other:d @t a@t] 2026-01-01T00:00:00Z Ünï <u@b>\r
              c   2026-01-01T00:00:00Z   A   <u@b>   #   \u{20}

            """
        #expect(
            try SqitchPlan(plan).changes.map(\.id) == [
                "c0db8c2361dfbd7d7ac187a5863f0a6c9962e724", "dccdadb8d5e10cd15cf1df4b4577929324dd6999",
                "bdcfaaab321d279df7f39842d745b8f68bae4773",
            ])
    }

    @Test(
        "a project's address goes into the ids in its canonical form",
        arguments: [
            ("http://x.org:8080", "37d0686ec21ea6bfddd21452a8e14876a7c23115"),
            ("http://x.org/%7eb%2fc", "247369051f7710f05a36ad46c7b615deca10a7da"),
            ("https://X.org?q=A", "35a048e1a3ad03266eaf189709a67667e38794f6"),
            ("https://x.org/é", "e668861a7db8734534528dc53d7cae1c9d7ebb5d"),
            ("mailto:A@B.c", "4aa1318bf3fde3e9974b7e6203cf247cf86e1e57"),
        ])
    func addresses(_ uri: String, _ id: String) throws {
        let plan = try SqitchPlan("%project=p\n%uri=\(uri)\n\na 2026-01-01T00:00:00Z A B <a@b>\n")
        #expect(plan.changes.map(\.id) == [id])
    }

    @Test(
        "another engine, or scripts in another place, are refused",
        arguments: [
            ("engine = mysql", "sqitch.conf:2: these changes are for mysql, not for PostgreSQL"),
            ("deploy_dir = up", "sqitch.conf:2: deploy_dir = up: dbctl looks in deploy and revert only"),
        ])
    func configuration(_ line: String, _ expected: String) {
        var files = Self.files
        files["sqitch.conf"] = "[core]\n\t\(line)\n"
        #expect(FolderText.problems(files) == [expected])
    }
}
