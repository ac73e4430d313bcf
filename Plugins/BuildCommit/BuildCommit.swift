import Foundation
import PackagePlugin

/// Writes the commit that is built into a generated source file, for `dbctl --version`.
///
/// The reflog is its input: it grows with every commit, checkout and pull, so that the answer is never older than the
/// build. (`Context.gitInformation` in the manifest is: SwiftPM caches the manifest across commits.)
@main
struct BuildCommit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
        let root = context.package.directoryURL
        let output = context.pluginWorkDirectoryURL.appending(path: "BuildCommit.swift")
        let script = """
            commit=$(git -c safe.directory='*' -C "$1" rev-parse --short=12 HEAD 2>/dev/null) || commit=unknown
            printf 'enum BuildCommit {\\n    static let hash = "%s"\\n}\\n' "$commit" > "$2"
            """
        return [
            .buildCommand(
                displayName: "Note the commit",
                executable: URL(filePath: "/bin/sh"),
                arguments: ["-c", script, "sh", root.path(percentEncoded: false), output.path(percentEncoded: false)],
                inputFiles: [reflog(of: root)].filter { FileManager.default.fileExists(atPath: $0.path) },
                outputFiles: [output]
            )
        ]
    }

    /// In a worktree `.git` is a file that names the folder.
    private func reflog(of root: URL) -> URL {
        let git = root.appending(path: ".git")
        let pointer = (try? String(contentsOf: git, encoding: .utf8))?.trimmingCharacters(in: .newlines)
        let folder = pointer.flatMap { $0.hasPrefix("gitdir: ") ? $0.dropFirst("gitdir: ".count) : nil }
        return (folder.map { URL(filePath: String($0), relativeTo: root) } ?? git).appending(path: "logs/HEAD")
    }
}
