import DBKit
import Foundation

/// What a connection service of libpq says (`pg_service.conf`), for telling where a value comes from: libpq itself hands
/// out the values of PGSERVICE without their origin, and those of a `service=` in the URL only to a connection.
enum ServiceFile {
    /// In the order of the file; empty where there is no such file or no such service.
    static func parts(of service: String, environment: [String: String]) -> [ResolvedServer.Part] {
        for path in paths(environment) {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            if let found = section(service, in: text, path: path) { return found }
        }
        return []
    }

    /// The user's file, then the system's, as libpq takes them. The folder of the latter is compiled in; Debian's is tried.
    private static func paths(_ environment: [String: String]) -> [String] {
        let own = environment["PGSERVICEFILE"] ?? environment["HOME"].map { "\($0)/.pg_service.conf" }
        let system = environment["PGSYSCONFDIR"] ?? "/etc/postgresql-common"
        return [own, "\(system)/pg_service.conf"].compactMap { $0 }
    }

    private static func section(_ service: String, in text: String, path: String) -> [ResolvedServer.Part]? {
        var parts: [ResolvedServer.Part]?
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = raw.trimmingSpaces
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("[") {
                if parts != nil { break }
                if line.hasPrefix("[\(service)]") { parts = [] }
                continue
            }
            let (keyword, value) = line.splitOnce(at: "=")
            guard let value, parts?.contains(where: { $0.keyword == keyword }) == false else { continue }
            parts?.append(
                .init(
                    keyword: String(keyword), value: String(value),
                    origin: "service \(service) (\(path):\(index + 1))"))
        }
        return parts
    }
}
