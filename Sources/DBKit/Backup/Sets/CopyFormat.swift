/// How rows travel: PostgreSQL's text or binary COPY form.
public enum CopyFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case text, binary
}
