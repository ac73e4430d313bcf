import DBKit

/// Where sandboxes live and which servers they can be made of: the two questions that DBKit leaves to its caller.
extension Context {
    /// `DBCTL_SANDBOX_ROOT`, or a folder of this user's in /tmp.
    var sandboxRoot: String {
        environment["DBCTL_SANDBOX_ROOT"].flatMap { $0.isEmpty ? nil : $0 } ?? SandboxRegistry.defaultRoot
    }

    /// The server programs of the wanted major version; `DBCTL_PG_CACHE` names a folder with unpacked ones.
    func serverBinaries(major: Int?) async throws -> ServerBinaries {
        try ServerBinaries.choose(major: major, from: try await installedServers())
    }

    /// Every installation of server programs on this machine.
    func installedServers() async throws -> [ServerBinaries] {
        var caches = ["/var/cache/dbctl/pg"]
        if let cache = environment["DBCTL_PG_CACHE"], !cache.isEmpty { caches.insert(cache, at: 0) }
        if let home = environment["HOME"], !home.isEmpty { caches.append("\(home)/.cache/dbctl/pg") }
        return try await ServerBinaries.installed(searchPath: environment["PATH"] ?? "", caches: caches)
    }
}
