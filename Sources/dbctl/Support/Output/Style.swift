import Foundation

/// How results look to eyes: colour only where a person looks at it, and the few ways to say ages and counts.
struct Style: Sendable {
    let color: Bool
    let now: Date

    static func usesColor(_ options: GlobalOptions, _ environment: [String: String]) -> Bool {
        Terminal.isOutput && !options.noColor && (environment["NO_COLOR"] ?? "").isEmpty
    }

    func bold(_ text: String) -> String { paint(text, "1") }
    func good(_ text: String) -> String { paint(text, "32") }
    func warning(_ text: String) -> String { paint(text, "33") }
    func bad(_ text: String) -> String { paint(text, "31") }
    func faint(_ text: String) -> String { paint(text, "2") }

    private func paint(_ text: String, _ code: String) -> String {
        color && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// How long ago: `40 s ago`, `26 h ago`; a time in the future (a wrong clock somewhere) is said as such.
    func age(_ date: Date) -> String {
        let seconds = now.timeIntervalSince(date)
        return seconds < -1 ? "in \(Self.span(-seconds))" : "\(Self.span(max(0, seconds))) ago"
    }

    /// A span for eyes: two digits or so, one unit.
    static func span(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.9995: "\(Int((seconds * 1000).rounded())) ms"
        case ..<10: "\(seconds.rounded(toDigits: 2)) s"
        case ..<120: "\(Int(seconds.rounded())) s"
        case ..<7200: "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: "\(Int((seconds / 3600).rounded())) h"
        default: "\(Int((seconds / 86_400).rounded())) d"
        }
    }

    /// `1 row`, `3 rows`
    static func counted(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    /// RFC 3339 in UTC, as in JSON.
    static func timestamp(_ date: Date) -> String {
        date.formatted(.iso8601)
    }
}
