/// A number that went into a size, and where it comes from: whoever has to believe the size looks here first.
public struct SizingInput: Encodable, Sendable, Hashable {
    public enum Source: String, Encodable, Sendable {
        /// The operator said it.
        case flag
        /// Seen at the server, or on its machine, now.
        case measured
        /// A setting of the server, or a limit in its catalog.
        case configuration
        /// Nobody said it, and it cannot be seen.
        case assumed
        /// The same, and there is nothing that could be assumed: what needs it is left out.
        case unknown
    }

    public let name: String
    public let value: Double?
    public let source: Source
    /// Which flag, setting or view; for an unknown one how to give it.
    public let from: String

    init(_ name: String, _ value: Double?, _ source: Source, _ from: String) {
        self.name = name
        self.value = value
        self.source = source
        self.from = from
    }

    init(_ name: String, _ value: Int?, _ source: Source, _ from: String) {
        self.init(name, value.map(Double.init), source, from)
    }

    /// What the flag says, else the other.
    init(_ name: String, flag: Double?, _ option: String, else other: SizingInput) {
        if let flag { self.init(name, flag, .flag, option) } else { self = other }
    }

    init(_ name: String, flag: Int?, _ option: String, else other: SizingInput) {
        self.init(name, flag: flag.map(Double.init), option, else: other)
    }

    var whole: Int? { value.map { Int(min(max($0, -1e9), 1e9)) } }
}
