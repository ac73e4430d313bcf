// The folder of all sandboxes of one user. Being in it is being registered: there is no list that could disagree.

public import Foundation
import Glibc
import Operations

/// What is known about one sandbox, kept as `sandbox.json` in its folder.
public struct SandboxRecord: Sendable, Hashable, Codable {
    public let name: String
    public let folder: String
    public let url: String
    public let port: Int
    public let major: Int
    public let version: String
    public let createdAt: Date
    /// True when it stays until it is stopped; false when it belongs to a running command.
    public let stays: Bool
}

/// Finds and stops the sandboxes below one folder.
public struct SandboxRegistry: Sendable {
    public let root: String

    public init(root: String) {
        self.root = root
    }

    /// Where the user's sandboxes are unless the caller says otherwise. Short, because a socket path has 107 bytes.
    public static var defaultRoot: String { "/tmp/dbctl-sandbox-\(geteuid())" }

    /// The sandboxes that are there, by name.
    public func list() -> [SandboxRecord] {
        entries.compactMap { record(of: $0) }
    }

    /// What ``stop(_:)`` or, with nil, ``stopAll()`` would stop.
    public func stoppable(_ name: String?) throws -> [String] {
        if let name {
            try find(name)
            return [name]
        }
        return entries.filter { OwnerLock(folder: "\(root)/\($0)") != nil }
    }

    /// Stops the sandbox and removes its folder, whoever started it.
    @discardableResult
    public func stop(_ name: String) async throws -> String {
        try find(name)
        try await SandboxFolder(path: "\(root)/\(name)", user: ServerUser.current()).remove()
        await tidy()
        return name
    }

    /// Stops every sandbox that stays until it is stopped, and clears what dead owners left; one that belongs to a
    /// command that still runs is that command's to end. Returns the names.
    public func stopAll() async throws -> [String] {
        var stopped: [String] = []
        for name in entries {
            guard let lock = OwnerLock(folder: "\(root)/\(name)") else { continue }
            defer { lock.release() }
            try await stop(name)
            stopped.append(name)
        }
        return stopped
    }

    /// Creates the folder, or makes sure that the one that is there is ours alone to write: in /tmp, anybody may have
    /// been first. Returns its path without symbolic links, as /proc shows it.
    func prepare() throws -> SandboxRegistry {
        try? FileManager.default.createDirectory(
            atPath: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        try checkRoot()
        let registry = SandboxRegistry(root: URL(fileURLWithPath: root).resolvingSymlinksInPath().path)
        registry.removeUnborn()
        return registry
    }

    /// Folders of runs that were killed between making a sandbox's folder and giving it its name: nobody else would ever
    /// look at them again. A minute is far more than that takes.
    private func removeUnborn() {
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: root)) ?? [] where name.hasPrefix(Self.unbornPrefix) {
            let path = "\(root)/\(name)"
            let made = (try? manager.attributesOfItem(atPath: path)[.modificationDate]) as? Date
            if let made, made.timeIntervalSinceNow < -60 { try? manager.removeItem(atPath: path) }
        }
    }

    static let unbornPrefix = ".new-"

    /// Removes the folder when nothing is left in it.
    func tidy() async {
        let caller = ServerTool(user: ServerUser(account: nil), folder: "/")
        // A process and not FileManager: rmdir(1) refuses, in one step, when somebody has just put a sandbox there.
        _ = try? await shielded { [root] in try await caller.run("/bin/rmdir", [root]) }
    }

    private func checkRoot() throws {
        let attributes = (try? FileManager.default.attributesOfItem(atPath: root)) ?? [:]
        let owner = (attributes[.ownerAccountID] as? NSNumber)?.uint32Value
        let permissions = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard attributes[.type] as? FileAttributeType == .typeDirectory, owner == geteuid(), permissions & 0o022 == 0
        else {
            throw Failure(
                .sandboxOptions,
                "the sandbox folder \(root) is not a folder that belongs to this user alone",
                hint: "remove it, or name another one",
                category: .cannotCreate
            )
        }
    }

    private func find(_ name: String) throws {
        guard Self.isValid(name: name), FileManager.default.fileExists(atPath: "\(root)/\(name)") else {
            let others = list().map(\.name)
            throw Failure(
                .sandboxNotFound,
                "no sandbox named \(name) is there",
                detail: others.isEmpty ? "none is running" : "there are: \(others.joined(separator: ", "))"
            )
        }
        try checkRoot()
    }

    /// The folders that can be sandboxes, by name.
    private var entries: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter(Self.isValid(name:)).sorted()
    }

    private func record(of name: String) -> SandboxRecord? {
        guard let file = try? Data(contentsOf: URL(fileURLWithPath: "\(root)/\(name)/sandbox.json")) else { return nil }
        return try? JSONDecoder().decode(SandboxRecord.self, from: file)
    }

    static func isValid(name: String) -> Bool {
        (1...32).contains(name.utf8.count) && name.first != "-"
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// A name nobody else takes: `x` and ten letters.
    static func madeUpName() -> String {
        "x" + String((0..<10).map { _ in "abcdefghijkmnpqrstuvwxyz23456789".randomElement() ?? "a" })
    }
}
