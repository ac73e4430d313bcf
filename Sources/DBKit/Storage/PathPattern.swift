import Glibc
public import Operations

/// Names of files with `*`, `?` and `[…]` in them, for whoever runs without a shell: a cron line of systemd, a quote
/// too many.
public enum PathPattern {
    public static func isPattern(_ text: String) -> Bool {
        text.contains { "*?[".contains($0) }
    }

    /// What there is under the pattern, sorted by bytes; folders are left out.
    public static func files(matching pattern: String) throws(Failure) -> [String] {
        var found = unsafe glob_t()
        let code = unsafe glob(pattern, GLOB_NOSORT | GLOB_MARK, nil, &found)
        defer { unsafe globfree(&found) }
        guard code == 0 || code == GLOB_NOMATCH else {
            throw Failure(
                .inputOutput,
                "cannot look for \(pattern): \(code == GLOB_NOSPACE ? "no memory" : "a folder cannot be read")")
        }
        guard code == 0 else { return [] }
        var paths: [String] = []
        for index in 0..<Int(unsafe found.gl_pathc) {
            guard let path = unsafe found.gl_pathv[index] else { continue }
            paths.append(unsafe String(cString: path))
        }
        return paths.filter { !$0.hasSuffix("/") }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }
}
