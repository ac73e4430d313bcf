// The folder of one sandbox: how it is laid out, and how it ends.
//
//     ROOT/NAME                 the caller's      owner.lock (held by the owner), stays (outlives its owner), sandbox.json
//     ROOT/NAME/server          the server's      log, .s.PGSQL.PORT
//     ROOT/NAME/server/data     the server's      the cluster
//
// The caller may be root, and whoever reaches the cluster as superuser acts as the server's account. So root never
// writes below `server`, where a symbolic link could lead it anywhere: that account's own processes do.

import Foundation
import Glibc
import Operations

struct SandboxFolder: Sendable {
    let path: String
    let user: ServerUser

    var server: String { "\(path)/server" }
    var data: String { "\(server)/data" }
    var log: String { "\(server)/log" }
    var tool: ServerTool { ServerTool(user: user, folder: server) }

    /// A folder of this name that did not exist before, locked by its owner. It appears with the lock in place, so that
    /// nobody can take a sandbox that is being made for one whose owner is dead.
    static func create(
        in registry: SandboxRegistry, name: String, user: ServerUser
    ) throws -> (SandboxFolder, OwnerLock) {
        let path = "\(registry.root)/\(name)"
        let socket = "\(path)/server/.s.PGSQL.65535"
        guard socket.utf8.count <= 100, !path.contains(where: { "*?[]\\'\"\n, ".contains($0) }) else {
            throw Failure(
                .sandboxOptions,
                "the folder \(registry.root) cannot hold a server's socket: its path must be short and plain",
                category: .configuration
            )
        }
        let unseen = "\(registry.root)/\(SandboxRegistry.unbornPrefix)\(SandboxRegistry.madeUpName())"
        do {
            try FileManager.default.createDirectory(atPath: unseen, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: unseen)
            try FileManager.default.createDirectory(atPath: "\(unseen)/server", withIntermediateDirectories: false)
            try user.own("\(unseen)/server", permissions: 0o711)
            guard let owner = OwnerLock(folder: unseen) else {
                throw Failure(.sandboxStart, "cannot lock \(unseen)/owner.lock")
            }
            try FileManager.default.moveItem(atPath: unseen, toPath: path)
            return (SandboxFolder(path: path, user: user), owner)
        } catch {
            try? FileManager.default.removeItem(atPath: unseen)
            guard FileManager.default.fileExists(atPath: path) else {
                throw Failure(.sandboxStart, "cannot create \(path)", detail: "\(error)", category: .cannotCreate)
            }
            throw Failure(
                .sandboxExists, "a sandbox named \(name) is there already", hint: "dbctl sandbox stop \(name)")
        }
    }

    /// Writes a file that only the server's account may read.
    func write(_ contents: [UInt8], to file: String) async throws {
        let script = "umask 077 && cat > \"$1\""
        let outcome = try await tool.run("/bin/sh", ["-c", script, "sh", file], writing: contents)
        guard outcome.succeeded else {
            throw Failure(.sandboxStart, "cannot write \(file)", detail: outcome.output)
        }
    }

    /// Ends every process that works in the folder, whatever state it is in.
    func endProcesses() async throws {
        let outside = ServerTool(user: user, folder: "/")
        let ended = try await outside.run("/bin/sh", ["-c", Watcher.endProcesses, "sh", data])
        guard ended.succeeded else {
            throw Failure(.sandboxStart, "the server in \(path) does not end", detail: ended.output)
        }
    }

    /// Ends every process that works in the folder, then removes it. Goes on to its end when the task is cancelled.
    func remove() async throws {
        try await shielded {
            guard FileManager.default.fileExists(atPath: path) else { return }
            try await endProcesses()
            _ = try await ServerTool(user: user, folder: "/").run("/bin/rm", ["-rf", data])
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                // The owner's watcher may be removing it too.
                guard FileManager.default.fileExists(atPath: path) else { return }
                throw Failure(.sandboxStart, "cannot remove \(path)", detail: "\(error)")
            }
        }
    }
}
