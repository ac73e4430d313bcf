/// How the data files of a set are compressed, as `--compress` and `backup.compress` name it.
public enum Compression: Sendable, Hashable {
    case zstd(level: Int)
    case gzip(level: Int)
    case none

    /// What `backup create` does when nobody says otherwise.
    public static let standard = Compression.zstd(level: 3)

    /// Reads `zstd`, `zstd:9`, `gzip`, `gzip:6` or `none`; nil for anything else or a level that does not exist.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let level = parts.count == 2 ? Int(parts[1]) : nil
        guard parts.count == 1 || level != nil else { return nil }
        switch parts[0] {
        case "zstd" where (1...22).contains(level ?? 3): self = .zstd(level: level ?? 3)
        case "gzip" where (1...9).contains(level ?? 6): self = .gzip(level: level ?? 6)
        case "none" where parts.count == 1: self = .none
        default: return nil
        }
    }

    /// What is appended to the file name that `toc.dat` gives; `pg_restore` finds the file by it.
    public var suffix: String {
        switch self {
        case .zstd: ".zst"
        case .gzip: ".gz"
        case .none: ""
        }
    }

    /// The method alone, without its level.
    public var method: String {
        switch self {
        case .zstd: "zstd"
        case .gzip: "gzip"
        case .none: "none"
        }
    }
}

extension Compression: CustomStringConvertible {
    public var description: String {
        switch self {
        case .zstd(let level), .gzip(let level): "\(method):\(level)"
        case .none: method
        }
    }
}

extension Compression {
    /// A block takes longer than a person, or a service manager, waits.
    var isSlow: Bool {
        if case .zstd(let level) = self { level > 12 } else { false }
    }
}
