/// The number at the beginning of a migration's name: a time stamp, a counter, or Flyway's dotted numbers.
///
/// Two versions are the same when their numbers are (`007` is `7`), and follow one another as the numbers do, however
/// many digits they have.
public struct MigrationVersion: Sendable {
    /// As the file's name has it.
    public let text: String
    /// Its numbers without leading zeros.
    private let numbers: [Substring]

    /// Nil unless the text is digits, or numbers between dots or underscores.
    public init?(_ text: String) {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "_" }
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }) else { return nil }
        self.text = text
        var numbers = parts.map { $0.drop { $0 == "0" } }
        // `1.0` is `1`.
        while numbers.count > 1, numbers.last?.isEmpty == true { numbers.removeLast() }
        self.numbers = numbers
    }

    /// `0`, `000`: before everything.
    var isZero: Bool { numbers.allSatisfy(\.isEmpty) }
}

extension MigrationVersion: Comparable, Hashable {
    public static func == (left: MigrationVersion, right: MigrationVersion) -> Bool {
        left.numbers == right.numbers
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(numbers)
    }

    public static func < (left: MigrationVersion, right: MigrationVersion) -> Bool {
        for (one, other) in zip(left.numbers, right.numbers) where one != other {
            return (one.utf8.count, String(one)) < (other.utf8.count, String(other))
        }
        return left.numbers.count < right.numbers.count
    }
}

extension MigrationVersion: CustomStringConvertible, Codable {
    public var description: String { text }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let version = MigrationVersion(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a version of a migration")
        }
        self = version
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
