/// An amount of bytes: a number in JSON, three digits and a unit to eyes.
struct ByteCount: Hashable, Sendable, Encodable {
    let bytes: Int64

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
