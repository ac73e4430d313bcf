// What a sandbox is asked to be.

/// The wishes for one throwaway cluster.
public struct SandboxOptions: Sendable {
    public enum Authentication: Sendable { case trust, scram }

    public enum Lifetime: Sendable {
        /// Removed when the process that started it ends, however it ends.
        case owner
        /// Stays until ``SandboxRegistry/stop(_:)``.
        case untilStopped
    }

    /// The folder that holds all sandboxes of this user, see ``SandboxRegistry``.
    public var root: String
    /// Letters, digits, `-` and `_`, at most 32; nil makes one up.
    public var name: String?
    public var authentication: Authentication = .trust
    public var lifetime: Lifetime = .owner
    /// Lines of postgresql.conf, over the sandbox's own choices. Port, folders and cluster_name are the sandbox's.
    public var settings: [String: String] = [:]
    /// Lines that go before the sandbox's own in pg_hba.conf: the first that matches wins.
    public var hba: [String] = []
    /// Files laid into the data folder before the start (certificates, keys), readable by the server only.
    public var files: [String: [UInt8]] = [:]
    /// Keep an initialised cluster below `root` and copy it: 0.05 s in place of 0.6 s. Copies share their system
    /// identifier, as standbys do.
    public var copiesTemplate = false

    public init(root: String, name: String? = nil) {
        self.root = root
        self.name = name
    }
}
