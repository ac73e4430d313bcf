import Foundation

/// Which authorities libpq trusts for a connection, by its own rule: `sslrootcert`, else `~/.postgresql/root.crt`.
public struct TrustedRoots: Sendable, Hashable {
    /// What `sslrootcert` says, or libpq's default place; `system` is the operating system's store (libpq 16+).
    public let wanted: String
    /// Nil when there is no such file: libpq then verifies nothing, or refuses where verification was asked for.
    public let file: String?

    public init(_ resolved: [ConnectionParameters.Resolved]) {
        let said = resolved.first { $0.keyword == "sslrootcert" }?.value ?? ""
        wanted = said.isEmpty ? "\(NSHomeDirectory())/.postgresql/root.crt" : said
        file = wanted == "system" || FileManager.default.fileExists(atPath: wanted) ? wanted : nil
    }
}
