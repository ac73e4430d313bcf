// Fills a data folder: by initdb, or by copying a cluster that initdb once made.

import Foundation
import Operations

struct ClusterTemplate {
    let binaries: ServerBinaries
    let registry: SandboxRegistry

    /// The kept cluster of exactly these programs.
    private var kept: String {
        let key = "\(binaries.folder)-\(binaries.version)".map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }
        return "\(registry.root)/.template\(String(key))"
    }

    /// Makes `folder.data` a copy of the kept cluster, which it makes first when there is none.
    func copy(to folder: SandboxFolder) async throws {
        if !FileManager.default.fileExists(atPath: kept) {
            try await Self.initialise(folder.data, binaries: binaries, folder: folder, password: nil)
            let fresh = "\(folder.server)/template"
            try await duplicate(folder.data, as: fresh, in: folder)
            // Appears whole, or not at all; when another process was first, its copy is as good.
            try? FileManager.default.moveItem(atPath: fresh, toPath: kept)
            try? FileManager.default.removeItem(atPath: fresh)
            return
        }
        try await duplicate(kept, as: folder.data, in: folder)
    }

    private func duplicate(_ source: String, as target: String, in folder: SandboxFolder) async throws {
        let outcome = try await folder.tool.run("/bin/cp", ["-a", "--reflink=auto", source, target])
        guard outcome.succeeded else {
            throw Failure(.sandboxStart, "cannot copy the cluster \(source) to \(target)", detail: outcome.output)
        }
    }

    /// A new cluster with the superuser `postgres`; with a password, every login asks for it.
    static func initialise(
        _ data: String, binaries: ServerBinaries, folder: SandboxFolder, password: String?
    ) async throws {
        var arguments = [
            "--pgdata", data, "--username", "postgres", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        ]
        if let password {
            let file = "\(folder.server)/password"
            try await folder.write(Array("\(password)\n".utf8), to: file)
            arguments += ["--auth", "scram-sha-256", "--pwfile", file]
        } else {
            arguments += ["--auth", "trust"]
        }
        let outcome = try await folder.tool.run(binaries.program("initdb"), arguments)
        if password != nil { _ = try await folder.tool.run("/bin/rm", ["\(folder.server)/password"]) }
        guard outcome.succeeded else {
            throw Failure(.sandboxStart, "initdb of PostgreSQL \(binaries.major) failed", detail: outcome.output)
        }
    }
}
