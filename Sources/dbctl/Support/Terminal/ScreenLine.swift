/// One line of a screen: clean text, and how it is brought out. Without escape codes, so that frames can be compared.
struct ScreenLine: Sendable, Hashable {
    enum Tone: Sendable {
        case plain, heading, faint, good, warning, bad, selected
    }

    var text: String
    var tone: Tone

    init(_ text: String, _ tone: Tone = .plain) {
        self.text = text
        self.tone = tone
    }

    /// For a terminal.
    func painted(color: Bool) -> String {
        let code: String? =
            switch tone {
            case .plain: nil
            // These are no colours.
            case .heading: "1"
            case .selected: "7"
            case .faint: color ? "2" : nil
            case .good: color ? "32" : nil
            case .warning: color ? "33" : nil
            case .bad: color ? "31" : nil
            }
        return code.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
    }
}

/// What a terminal has room for.
struct ScreenSize: Sendable, Hashable {
    var lines: Int
    var columns: Int

    /// A terminal that does not know its size says 0.
    static let usual = ScreenSize(lines: 24, columns: 80)
}
