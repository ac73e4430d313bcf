import Foundation
import TestSupport
import Testing

/// The rules of the house that the compiler cannot hold, read off the sources.
@Suite("The sources keep the house's rules")
struct SourceRulesTests {
    struct Line: CustomStringConvertible {
        let file: String
        let number: Int
        let text: String

        var description: String { "\(file):\(number): \(text.trimmingCharacters(in: .whitespaces))" }
    }

    @Test("SQL text is made only in Postgres/: elsewhere ServerText never wraps a string literal (Safety 4)")
    func serverText() throws {
        let offenders = try lines { $0.hasPrefix("DBKit/Postgres/") == false }.filter { line in
            guard let start = line.text.range(of: "ServerText(") else { return false }
            return line.text[start.upperBound...].prefix { $0 != ")" }.contains("\"")
        }
        #expect(offenders.isEmpty, "\(offenders)")
    }

    @Test("a Query is never made of a string that was put together elsewhere (Safety 4)")
    func stringLiteralDoor() throws {
        let offenders = try lines { $0.hasPrefix("DBKit/Postgres/") == false }.filter {
            $0.text.contains("Query(stringLiteral:") || $0.text.contains("Query.init(stringLiteral")
        }
        #expect(offenders.isEmpty, "\(offenders)")
    }

    @Test("libpq is seen only in Postgres/")
    func libpq() throws {
        let offenders = try lines { $0.hasPrefix("DBKit/Postgres/") == false }.filter {
            $0.text.contains("import CLibpq")
        }
        #expect(offenders.isEmpty, "\(offenders)")
    }

    @Test("the command line holds no SQL")
    func noSQLInCommands() throws {
        let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "ALTER ", "CREATE ", "DROP "]
        let offenders = try lines { $0.hasPrefix("dbctl/") }.filter { line in
            verbs.contains { line.text.contains("\"\($0)") }
        }
        #expect(offenders.isEmpty, "\(offenders)")
    }

    @Test("DBKit never prints, exits, or reads arguments or the environment")
    func silentLibrary() throws {
        let words = ["print(", "exit(", "CommandLine.", "ProcessInfo.processInfo.environment", "getenv("]
        let offenders = try lines { $0.hasPrefix("DBKit/") }.filter { line in
            let code = line.text.trimmingCharacters(in: .whitespaces)
            guard !code.hasPrefix("//") else { return false }
            return words.contains { word in
                guard let hit = code.range(of: word) else { return false }
                // `fingerprint(` and the like are other words.
                return hit.lowerBound == code.startIndex || !code[code.index(before: hit.lowerBound)].isLetter
            }
        }
        #expect(offenders.isEmpty, "\(offenders)")
    }

    @Test("every query file says what it is for and from which version on")
    func queryFiles() throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: root + "/Sources/DBKit").filter {
            $0.hasSuffix(".sql") && $0.contains("/SQL/")
        }
        #expect(files.count > 5)
        for file in files {
            let text = try String(contentsOfFile: root + "/Sources/DBKit/" + file, encoding: .utf8)
            #expect(text.hasPrefix("-- "), "\(file) does not begin with a comment")
            let comment = text.split(separator: "\n").prefix { $0.hasPrefix("--") }.joined(separator: "\n")
            #expect(comment.contains("Minimum version: 1"), "\(file) names no minimum version")
        }
    }

    private let root = String(#filePath.prefix(upTo: #filePath.range(of: "/Tests/")?.lowerBound ?? #filePath.endIndex))

    private func lines(_ isWanted: (String) -> Bool) throws -> [Line] {
        let sources = root + "/Sources"
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources).filter { $0.hasSuffix(".swift") }
        #expect(files.count > 50)
        return try files.filter(isWanted).sorted().flatMap { file in
            let text = try String(contentsOfFile: "\(sources)/\(file)", encoding: .utf8)
            return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
                Line(file: file, number: $0.offset + 1, text: String($0.element))
            }
        }
    }
}
