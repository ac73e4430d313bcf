// Writes the manuals and the command reference from what dbctl says of itself. It is no part of dbctl: scripts/manual and
// scripts/docs run it.

import ArgumentParser
import Foundation
import Subprocess
import SystemPackage

@main
struct Manual: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dbctl-manual",
        abstract: "Write dbctl's man pages, or its reference in Markdown.",
        discussion: """
            Example: scripts/manual /usr/local/share/man/man1
            Exit codes: 0 written, 1 failed, 64 bad command line.
            """)

    enum Form: String, CaseIterable, ExpressibleByArgument {
        case man, markdown
    }

    @Argument(help: "What to write.") var form: Form
    @Argument(help: "The folder that it goes into.") var folder: String
    @Option(help: "The dbctl that is asked (default: the one beside this program).") var dbctl: String?
    @Option(help: "Date of the man pages, 2026-01-31 (default: today).") var date: String?

    func run() async throws {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/dbctl"
        let program = Program(path: dbctl ?? beside)
        let root = try await program.help()
        let place = URL(filePath: folder)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        switch form {
        case .man:
            let version = try await program.version()
            for page in try ManPage.all(of: root, date: ManDate.spelled(date), version: version) {
                try Data(page.text.utf8).write(to: place.appending(path: page.fileName))
            }
        case .markdown:
            try Data(CommandReference(root: root).text.utf8).write(to: place.appending(path: "commands.md"))
            let codes = CodeReference(root: root, codes: try await program.codes())
            try Data(codes.text.utf8).write(to: place.appending(path: "exit-codes.md"))
        }
    }
}

/// The dbctl that is described.
struct Program {
    let path: String

    func help() async throws -> CommandHelp {
        try JSONDecoder().decode(CommandDump.self, from: try await output("--experimental-dump-help")).command
    }

    func codes() async throws -> [CodeReference.Code] {
        struct Document: Decodable {
            struct Codes: Decodable {
                let codes: [CodeReference.Code]
            }

            let data: Codes
        }
        return try JSONDecoder().decode(Document.self, from: try await output("explain", "--format", "json")).data.codes
    }

    /// `dbctl 0.1.0`
    func version() async throws -> String {
        let text = String(decoding: try await output("--version"), as: UTF8.self)
        return text.split(separator: " ").prefix(2).joined(separator: " ")
    }

    private func output(_ arguments: String...) async throws -> Data {
        let result = try await Subprocess.run(
            .path(.init(path)), arguments: .init(arguments), output: .data(limit: 16 << 20), error: .discarded)
        guard result.terminationStatus.isSuccess else {
            throw ValidationError("\(path) \(arguments.joined(separator: " ")) failed")
        }
        return result.standardOutput
    }
}
