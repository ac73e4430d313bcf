/// The version of a server, as `server_version_num` counts it: 150018 is 15.18.
public struct ServerVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let number: Int

    public init(number: Int) {
        self.number = number
    }

    public var major: Int { number / 10_000 }
    public var minor: Int { number % 10_000 }
    public var description: String { "\(major).\(minor)" }

    public static func < (left: ServerVersion, right: ServerVersion) -> Bool {
        left.number < right.number
    }
}
