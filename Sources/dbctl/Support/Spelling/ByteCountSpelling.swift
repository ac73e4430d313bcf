/// Sizes as people type them: `64MiB`, `200MB`, `512B`. Binary and decimal units are different things here.
struct ByteCount: Hashable, Sendable, Encodable {
    let bytes: Int64

    init(bytes: Int64) {
        self.bytes = bytes
    }

    /// - Throws: ``SpellingProblem`` saying what a size looks like.
    init(spelled text: String) throws(SpellingProblem) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = String(text.dropFirst(digits.count))
        guard let count = Int64(digits), let size = Self.units.first(where: { $0.name == unit })?.size else {
            throw SpellingProblem("not a size: an integer and B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, as in 64MiB")
        }
        let (total, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow else { throw SpellingProblem("this size is larger than dbctl can count") }
        bytes = total
    }

    private static let units: [(name: String, size: Int64)] = [
        ("B", 1), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// For eyes: three digits and a binary unit, `1.4 GiB`.
    var forEyes: String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(bytes) B" : value.rounded(toDigits: 3) + " " + unit }
            value /= 1024
        }
        return value.rounded(toDigits: 3) + " TiB"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}

extension Double {
    /// `digits` significant digits, never in exponent form: 1.43, 14.3, 143, 1430.
    func rounded(toDigits digits: Int) -> String {
        var whole = Int(magnitude)
        var wholeDigits = 1
        while whole >= 10 {
            whole /= 10
            wholeDigits += 1
        }
        let decimals = Swift.max(0, digits - wholeDigits)
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((self * scale).rounded())
        guard decimals > 0 else { return String(scaled) }
        let fraction = String(scaled.magnitude % UInt64(scale))
        let padding = String(repeating: "0", count: decimals - fraction.count)
        return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt64(scale)).\(padding)\(fraction)"
    }
}
