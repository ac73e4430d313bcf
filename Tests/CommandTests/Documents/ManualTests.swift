import Foundation
import TestSupport
import Testing

@testable import dbctl_manual

@Suite("Manuals, written from the commands' help") struct ManualTests {
    private func program() -> dbctl_manual.Program { .init(path: DbctlBinary.path) }

    private func pages() async throws -> [ManPage] {
        ManPage.all(
            of: try await program().help(), date: "January 31, 2026", version: try await program().version())
    }

    @Test("every command has a page, with all that a page should have")
    func complete() async throws {
        let pages = try await pages()
        #expect(
            Set(pages.map(\.name))
                == Set(
                    CommandTree.current.options.keys.map { path in
                        (["dbctl"] + path.split(separator: " ").map(String.init)).joined(separator: "-")
                    }))
        for page in pages {
            let headings = page.text.matches(of: /(?m)^\.Sh (?<name>.*)$/).map { String($0.name) }
            let wanted = [
                "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES",
                "SEE ALSO",
            ]
            #expect(headings.filter { $0 != "COMMANDS" } == wanted, "\(page.name): \(headings)")
        }
    }

    @Test("options, examples and exit codes are those of the help, all of them")
    func sameAsHelp() async throws {
        for page in try await pages() {
            let path = page.command.path.dropFirst().joined(separator: " ")
            let help = CommandTree.current.help[path] ?? ""
            let text = page.text.replacing("\\-", with: "-").replacing("Fl -", with: "--")
            for option in CommandTree.current.options[path] ?? [] where help.contains("  \(option)") {
                #expect(["--help", "--version"].contains(option) || text.contains(option), "\(page.name): \(option)")
            }
            let wrapped = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for example in page.command.text.examples {
                let words = example.split(separator: " ").joined(separator: " ")
                #expect(wrapped.contains(words), "\(page.name): \(example)")
            }
            #expect(!page.command.text.examples.isEmpty && !page.command.text.exits.isEmpty, "\(page.name)")
        }
    }

    @Test("exit codes are cut where the next number stands, and nowhere else")
    func exits() {
        let text = HelpText(
            """
            Says what it does.
            Example: dbctl a b
                     dbctl a b --c 2
            Exit codes: 0 done, or nothing to do; 2 CRITICAL (no connection, or older than 14), 143 SIGTERM. The worst counts.
            """)
        #expect(text.paragraphs == ["Says what it does."])
        #expect(text.examples == ["dbctl a b", "dbctl a b --c 2"])
        #expect(
            text.exits == [
                .init(code: "0", meaning: "done, or nothing to do"),
                .init(code: "2", meaning: "CRITICAL (no connection, or older than 14)"),
                .init(code: "143", meaning: "SIGTERM"),
            ])
        #expect(text.exitNotes == "The worst counts.")
    }

    @Test("what would be a request, an escape or an option is none")
    func escapes() {
        #expect(Mdoc.text(".Sh is no heading") == "\\&.Sh is no heading")
        #expect(Mdoc.text("a \\ and --yes") == "a \\e and \\-\\-yes")
        #expect(Mdoc.text("See `dbctl explain`. Then `x`.") == "See \\fBdbctl explain\\fP.\nThen \\fBx\\fP.")
        #expect(Mdoc.argument("two words") == "\"two words\"")
    }

    @Test("mandoc and groff find nothing to complain of, and man shows the pages")
    func lint() async throws {
        try await withTemporaryFolder { folder in
            let tool = URL(filePath: DbctlBinary.path).deletingLastPathComponent().path + "/dbctl-manual"
            let written = try await TestSupport.Program.run(tool, ["man", folder, "--date", "2026-01-31"])
            #expect(written.exitCode == 0, "\(written)")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(files.count == CommandTree.current.options.count)
            // It looks for the pages that they refer to in the folder that it runs in.
            let mandoc = try await TestSupport.Program.run("mandoc", ["-Tlint", "-Wstyle"] + files, folder: folder)
            #expect(mandoc.exitCode == 0 && mandoc.stdout.isEmpty && mandoc.stderr.isEmpty, "\(mandoc)")
            let groff = try await TestSupport.Program.run(
                "groff", ["-mandoc", "-Kutf8", "-Tutf8", "-ww", "-z"] + files, folder: folder)
            #expect(groff.exitCode == 0 && groff.stderr.isEmpty, "\(groff)")
            let shown = try await TestSupport.Program.run(
                "mandoc", ["-Tascii", "\(folder)/dbctl-backup-create.1"])
            #expect(shown.stdout.contains("dbctl backup create --repo /var/backups/dbctl --jobs 4"), "\(shown)")
        }
    }
}
