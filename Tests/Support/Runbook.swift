// Runbooks are read and run, so that they cannot rot.

import Foundation

public enum Runbook {
    /// What a tired person copies at once.
    public struct Block: Sendable {
        /// The `##` heading that it stands under.
        public let heading: String
        public let script: String
    }

    /// The `sh` blocks of `runbooks/NAME`, in their order.
    public static func blocks(of name: String) throws -> [Block] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../runbooks/\(name)")
        var blocks: [Block] = []
        var heading = ""
        var script: String?
        let text = try String(contentsOf: file.standardized, encoding: .utf8)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```sh" {
                script = ""
            } else if line == "```", let text = script {
                blocks.append(Block(heading: heading, script: text))
                script = nil
            } else if script != nil {
                script? += line + "\n"
            } else if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            }
        }
        return blocks
    }

    /// Runs a script with this build's dbctl, stopping at the first command that fails.
    ///
    /// - Parameter programs: where the server's own programs lie.
    public static func run(_ script: String, programs: String, folder: String) async throws -> Program.Outcome {
        let own = URL(fileURLWithPath: DbctlBinary.path).deletingLastPathComponent().path
        return try await Program.run(
            "bash", ["-c", "export PATH=\(own):\(programs):$PATH\nset -e -o pipefail\n\(script)"], folder: folder)
    }
}
