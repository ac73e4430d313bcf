import DBKit
import Foundation
import TestSupport
import Testing

@testable import dbctl

@Suite("Texts that say what to type")
struct TextsNameWhatExistsTests {
    @Test("the catalogue names only commands and options that exist", arguments: FailureCatalogue.entries)
    func catalogue(_ entry: FailureCatalogue.Entry) {
        for text in [entry.meaning] + entry.causes + entry.next {
            #expect(CommandTree.current.unknown(in: text).isEmpty, "\(entry.code.name): \(text)")
        }
    }

    @Test("a hint names only commands and options that exist")
    func hints() throws {
        let hints = try Sources.hints()
        #expect(hints.count > 60)
        for (file, hint) in hints {
            #expect(CommandTree.current.unknown(in: hint).isEmpty, "\(file): \(hint)")
        }
    }

    @Test("what does not exist is found, in backticks and without")
    func sharpness() {
        let tree = CommandTree.current
        #expect(tree.unknown(in: "`dbctl pool frob`") == ["dbctl pool frob"])
        #expect(tree.unknown(in: "`dbctl backup frob --yes`").contains("dbctl backup frob"))
        #expect(tree.unknown(in: "dbctl backup frob").contains("dbctl backup frob"))
        #expect(tree.unknown(in: "`dbctl backup list --latest`") == ["`dbctl backup list --latest`: --latest"])
        #expect(tree.unknown(in: "pass --nonsense") == ["--nonsense"])
        #expect(tree.unknown(in: "`pg_dump --nonsense`, dbctl itself, `dbctl restore --latest`").isEmpty)
    }

    @Test(
        "every verb's help has an example of that verb and names its exit codes", arguments: CommandTree.current.verbs)
    func help(_ verb: String) async throws {
        let help = try await TestSupport.Dbctl.run(verb.split(separator: " ").map(String.init) + ["--help"])
        #expect(help.exitCode == 0)
        // Lines are wrapped.
        let text = help.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let codes = text.firstMatch(of: /Exit codes: (?<codes>.*?) USAGE:/)?.codes ?? ""
        let lacks = ["0", "64", "130", "143"].filter { !codes.contains($0) }
        #expect(lacks.isEmpty, "\(verb) exits with \(codes)")
        let hasExample = text.contains("Example: dbctl \(verb)")
        #expect(hasExample, "\(verb) has no example")
    }

    @Test(
        "an area's help has an example and exit codes too",
        arguments: ["", "backup", "config", "pool", "refresh", "sandbox"])
    func areaHelp(_ area: String) {
        let help = CommandTree.current.help[area] ?? ""
        #expect(help.contains("Example: dbctl \(area)") && help.contains("Exit codes: 0"), "\(area)")
    }

    @Test("the README lists exactly the commands that exist")
    func readme() throws {
        let text = try String(contentsOf: Sources.root.appending(path: "README.md"), encoding: .utf8)
        let table = text.matches(of: /(?m)^\| [A-Z][a-z]+ \| (?<commands>[^|]+) \|/)
        var named: Set<String> = []
        for row in table {
            // `dbctl backup create`, `list`, `show`: later ones share the area of the first.
            var area: [String] = []
            for item in row.commands.matches(of: /`(?<text>[^`]+)`/) {
                let words = item.text.split(separator: " ").map(String.init).filter {
                    $0.wholeMatch(of: /[a-z]+/) != nil
                }
                if words.first == "dbctl" {
                    area = Array(words.dropFirst().dropLast())
                    named.insert(words.dropFirst().joined(separator: " "))
                } else {
                    named.insert((area + words).joined(separator: " "))
                }
            }
        }
        #expect(named == Set(CommandTree.current.verbs))
    }
}

/// The sources that this test was built from.
enum Sources {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The literals behind `hint:`, joined where a line ends in between.
    static func hints() throws -> [(file: String, text: String)] {
        let files = try #require(FileManager.default.enumerator(atPath: root.appending(path: "Sources").path))
        var found: [(file: String, text: String)] = []
        for case let path as String in files where path.hasSuffix(".swift") {
            let text = try String(contentsOf: root.appending(path: "Sources/\(path)"), encoding: .utf8)
            let literals = /hint: *(?<all>(?:[^"\n]*\n? *\+? *"(?:[^"\\\n]|\\.)*")+)/
            for match in text.matches(of: literals) {
                let parts = match.all.matches(of: /"(?<text>(?:[^"\\\n]|\\.)*)"/).map { String($0.text) }
                found.append((path, parts.joined()))
            }
        }
        return found
    }
}
