import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// A runbook in one situation: the test's own values for what its first block sets, and where its blocks run.
struct RunbookScene: Sendable {
    let name: String
    /// Whose programs are used.
    let server: Sandbox
    let folder: String
    var settings: [String: String]

    /// Runs one block under a heading and claims its exit code.
    ///
    /// - Parameters:
    ///   - replaced: What stands for a person's own values in the block, and the test's.
    ///   - asServer: Where the runbook says "as the account that runs the server", which is never root.
    @discardableResult func run(
        _ heading: String, _ place: Int = 0, replaced: [(String, String)] = [], exit: Int32 = 0,
        asServer: Bool = false, location: SourceLocation = #_sourceLocation
    ) async throws -> Program.Outcome {
        let blocks = try Runbook.blocks(of: name).filter { $0.heading == heading }
        var script = try #require(blocks.indices.contains(place) ? blocks[place] : nil, sourceLocation: location).script
        for (old, new) in replaced {
            #expect(script.contains(old), "\(script)", sourceLocation: location)
            script = script.replacing(old, with: new)
        }
        let exports = settings.sorted { $0.key < $1.key }.map { "export \($0.key)='\($0.value)'\n" }.joined()
        let outcome = try await Runbook.run(
            try command(exports + script, asServer: asServer), programs: server.binaries.folder, folder: folder)
        #expect(
            outcome.exitCode == exit, "\(script)\n\(outcome.stdout)\n\(outcome.stderr)", sourceLocation: location)
        return outcome
    }

    private func command(_ script: String, asServer: Bool) throws -> String {
        guard asServer, geteuid() == 0 else { return script }
        let file = "\(folder)/block-\(UUID().uuidString)"
        try Data(script.utf8).write(to: URL(filePath: file))
        return "setpriv --reuid postgres --regid postgres --clear-groups -- bash -e -o pipefail \(file)"
    }

    /// A folder of the server's account, for what a person has on another disk.
    func serverFolder(_ name: String) async throws -> String {
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let owned = try await Program.run("chown", ["--reference", server.dataFolder, path])
        #expect(owned.exitCode == 0, "\(owned)")
        return path
    }
}

extension Runbook {
    /// How many blocks stand under each heading, for the claim that every one of them is run.
    static func counts(of name: String) throws -> [String: Int] {
        Dictionary(try blocks(of: name).map { ($0.heading, 1) }, uniquingKeysWith: +)
    }

    private static let shelf = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../runbooks").standardized

    private static func text(of name: String) throws -> String {
        try String(contentsOf: shelf.appending(path: name), encoding: .utf8)
    }

    /// The sections and files that a runbook sends to, and that neither it nor a runbook beside it has.
    static func missingSections(of name: String) throws -> [String] {
        let text = try text(of: name)
        let all = try Folder.items(shelf.path).map { try Runbook.text(of: $0.name) }.joined(separator: "\n")
        let files = text.matches(of: /\]\(([^)#]+)\)/).map { String($0.1) }
        let sections = text.matches(of: /\*\*([A-Z][^*]+)\*\*/).map {
            $0.1.split(separator: "\n").joined(separator: " ")
        }
        return sections.filter { !all.contains("\n## \($0)\n") }
            + files.filter { !FileManager.default.fileExists(atPath: shelf.appending(path: $0).path) }
    }

    /// What a runbook takes for codes of dbctl's, and that the catalogue does not have.
    static func unknownCodes(of name: String) throws -> [String] {
        let areas = Set(FailureCatalogue.entries.map { $0.code.name.prefix { $0 != "." } })
        return try text(of: name).matches(of: /`([a-z]+)\.([a-z_]+)`/).filter { areas.contains($0.1) }
            .map { "\($0.1).\($0.2)" }.filter { FailureCatalogue.entry(named: $0) == nil }
    }
}
