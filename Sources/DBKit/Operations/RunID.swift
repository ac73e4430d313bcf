import Foundation

/// The name of one run of a command: a ULID, so that runs sort by the time at which they began.
///
/// The same id stands in `application_name`, in every log line and in `dbctl.operations`.
public struct RunID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// 26 characters of Crockford's base 32.
    public let description: String

    /// Nil unless the text is a ULID. Case does not matter, as the ULID specification demands.
    public init?(_ text: String) {
        let upper = text.uppercased()
        // 26 × 5 bits hold 130; the two surplus ones must be zero.
        guard upper.utf8.count == 26, upper.utf8.allSatisfy(RunID.alphabet.contains),
            let first = upper.utf8.first, first <= UInt8(ascii: "7")
        else { return nil }
        description = upper
    }

    /// A new id: 48 bits of milliseconds since 1970, then 80 random bits.
    public static func make(at clock: WallClock = .system) -> RunID {
        var generator = SystemRandomNumberGenerator()
        return make(at: clock.now, using: &generator)
    }

    static func make(at date: Date, using generator: inout some RandomNumberGenerator) -> RunID {
        let milliseconds = UInt64(max(0, date.timeIntervalSince1970 * 1000)) & 0xFFFF_FFFF_FFFF
        var value = UInt128(milliseconds) << 80
        value |= UInt128(generator.next() & 0xFFFF) << 64 | UInt128(generator.next())
        let digits = (0..<26).map { place in alphabet[Int((value >> UInt128(5 * (25 - place))) & 31)] }
        return RunID(verified: String(decoding: digits, as: UTF8.self))
    }

    private init(verified text: String) {
        description = text
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    public static func < (left: RunID, right: RunID) -> Bool {
        left.description < right.description
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = RunID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a run id")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
