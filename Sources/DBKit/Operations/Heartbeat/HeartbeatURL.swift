/// Where a monitor waits for signs of life. Its path is a secret, as a rule, and it may carry a login: no description,
/// log line or error ever shows more of it than the host.
public struct HeartbeatURL: Sendable, Hashable, CustomStringConvertible {
    private let text: String
    /// Host and port.
    private let host: String

    /// Nil for what is no http or https URL with a host.
    public init?(_ text: String) {
        guard let mark = text.firstRange(of: "://"),
            text.unicodeScalars.allSatisfy({ (0x21...0x7E).contains($0.value) })
        else { return nil }
        guard ["http", "https"].contains(text[..<mark.lowerBound].lowercased()) else { return nil }
        let authority = text[mark.upperBound...].prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        guard !host.isEmpty, !host.hasPrefix(":") else { return nil }
        self.text = text
        self.host = host
    }

    public var description: String { host }

    /// The URL with a name added to its path, before a query.
    func adding(_ name: String) -> String {
        guard !name.isEmpty else { return text }
        let path = text.prefix { !"?#".contains($0) }
        return path + (path.hasSuffix("/") ? "" : "/") + name + text[path.endIndex...]
    }
}
