import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import dbctl
@testable import dbctl_manual

@Suite("docs/, runbooks/ and README.md") struct DocumentsTests {
    @Test("commands.md and exit-codes.md are what the commands say now; scripts/docs writes them anew")
    func generated() async throws {
        let program = dbctl_manual.Program(path: DbctlBinary.path)
        let root = try await program.help()
        let codes = CodeReference(root: root, codes: try await program.codes())
        for (file, wanted) in [("commands.md", CommandReference(root: root).text), ("exit-codes.md", codes.text)] {
            let text = try String(contentsOf: Sources.root.appending(path: "docs/\(file)"), encoding: .utf8)
            #expect(text == wanted, "\(file): run scripts/docs")
        }
    }

    @Test(
        "the verbs that answer a monitoring system are those that exit-codes.md names; a schema has the name of its verb"
    )
    func monitors() {
        let monitors = VerbTypes.all.filter { $0.isMonitor }.map { "dbctl \($0.commandPath)" }
        #expect(Set(monitors) == Set(CodeReference.monitors))
        for verb in VerbTypes.all {
            #expect(verb.schema == "dbctl.\(verb.commandPath.replacing(" ", with: "."))/1")
        }
    }

    @Test("every link leads to a file and a heading that exist")
    func links() throws {
        for page in try MarkdownPage.all() {
            for link in page.links {
                let target = try page.target(of: link)
                #expect(target != nil, "\(page.path): \(link)")
            }
        }
    }

    @Test("every page of docs/ and every runbook can be reached from the README")
    func reachable() throws {
        let pages = Dictionary(uniqueKeysWithValues: try MarkdownPage.all().map { ($0.path, $0) })
        var reached: Set<String> = []
        var next = ["README.md"]
        while let path = next.popLast() {
            guard reached.insert(path).inserted, let page = pages[path] else { continue }
            next += try page.links.compactMap { try page.target(of: $0) }
        }
        let lost = pages.keys.filter { !reached.contains($0) && ($0.hasPrefix("docs/") || $0.hasPrefix("runbooks/")) }
        #expect(lost.isEmpty, "\(lost.sorted())")
    }

    @Test("commands in the pages name verbs and options that exist")
    func commands() throws {
        for page in try MarkdownPage.all() where page.path == "README.md" || page.path.hasPrefix("docs/") {
            for command in page.commands {
                let problems = CommandTree.current.unknown(in: "`\(command)`")
                #expect(problems.isEmpty, "\(page.path): \(command)")
            }
        }
    }

    @Test("a heading and a link that do not exist are found")
    func sharpness() throws {
        let page = MarkdownPage(
            path: "docs/x.md",
            text: "# A `b` c-d\n\n[a](#a-b-c-d) [b](#nothing) [c](nowhere.md) [d](https://x.example)\n")
        #expect(page.anchors == ["a-b-c-d"])
        #expect(try page.links.filter { try page.target(of: $0) == nil } == ["#nothing", "nowhere.md"])
        #expect(
            MarkdownPage(path: "x", text: "```\ndbctl backup list   # all\nls\n$ dbctl check\n```\n").commands == [
                "dbctl backup list", "dbctl check",
            ])
    }
}

/// Every verb that there is.
enum VerbTypes {
    static var all: [any Verb.Type] { verbs(below: dbctl.Dbctl.self) }
    /// The schemas of those that print a document.
    static var withJSON: [String] { all.filter { $0.formats.contains(.json) }.map { $0.schema } }

    private static func verbs(below command: any ParsableCommand.Type) -> [any Verb.Type] {
        ((command as? any Verb.Type).map { [$0] } ?? []) + command.configuration.subcommands.flatMap(verbs)
    }
}
