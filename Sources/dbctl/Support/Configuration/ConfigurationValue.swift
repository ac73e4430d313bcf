/// A value of dbctl.yaml that has the right shape, with the line where it stands.
struct ConfigurationValue: Sendable {
    enum Content: Sendable {
        case scalar(String)
        case list([ConfigurationValue])
        case table([(key: String, value: ConfigurationValue)])
    }

    let content: Content
    let line: Int
    let shape: Shape

    subscript(key: String) -> ConfigurationValue? {
        guard case .table(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    subscript(path path: [String]) -> ConfigurationValue? {
        path.reduce(self) { $0?[$1] }
    }

    var scalar: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    /// Every scalar below, with its path (`targets.prod.url`, `partitions[0].every`).
    func scalars(at path: String = "") -> [(path: String, value: ConfigurationValue)] {
        switch content {
        case .scalar: [(path, self)]
        case .list(let elements): elements.enumerated().flatMap { $1.scalars(at: "\(path)[\($0)]") }
        case .table(let entries): entries.flatMap { $1.scalars(at: path.isEmpty ? $0 : "\(path).\($0)") }
        }
    }
}
