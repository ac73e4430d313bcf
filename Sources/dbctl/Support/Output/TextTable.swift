/// Aligned columns for eyes. Wide characters and colour codes are measured by what they take on screen.
struct TextTable {
    /// A heading; numbers stand to the right.
    struct Column: ExpressibleByStringLiteral, Sendable {
        let heading: String
        let alignsRight: Bool

        init(stringLiteral heading: String) {
            self.heading = heading
            alignsRight = false
        }

        private init(heading: String, alignsRight: Bool) {
            self.heading = heading
            self.alignsRight = alignsRight
        }

        static func right(_ heading: String) -> Column {
            Column(heading: heading, alignsRight: true)
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: Column...) {
        self.init(columns)
    }

    /// For columns that are not always there.
    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: String...) {
        add(cells)
    }

    mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    var isEmpty: Bool { rows.isEmpty }

    func rendered(_ style: Style) -> String {
        let printable = rows.map { $0.map(Self.printable) }
        let widths = columns.indices.map { index in
            ([columns[index].heading] + printable.map { index < $0.count ? $0[index] : "" })
                .map(Self.width).max() ?? 0
        }
        let head = line(columns.map(\.heading), widths)
        return ([style.bold(head)] + printable.map { line($0, widths) }).joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (index, column) in columns.enumerated() {
            let cell = index < cells.count ? cells[index] : ""
            let padding = String(repeating: " ", count: widths[index] - Self.width(cell))
            text += (index == 0 ? "" : "  ") + (column.alignsRight ? padding + cell : cell + padding)
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Control characters (an object name may hold a newline or an escape sequence) never reach the terminal raw;
    /// colours do. No regular expression: one is compiled anew at every use, which took longer than a whole check.
    static func printable(_ cell: String) -> String {
        guard cell.unicodeScalars.contains(where: isControl) else { return cell }
        var text = ""
        var rest = Substring(cell).unicodeScalars
        while let scalar = rest.first {
            if let colour = colour(at: rest) {
                text.unicodeScalars.append(contentsOf: colour)
                rest = rest[colour.endIndex...]
                continue
            }
            if isControl(scalar) {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
            rest.removeFirst()
        }
        return text
    }

    static func width(_ text: String) -> Int {
        guard text.unicodeScalars.contains("\u{1B}") else { return plainWidth(text) }
        var plain = ""
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.first {
            if let colour = colour(at: rest) {
                rest = rest[colour.endIndex...]
            } else {
                plain.unicodeScalars.append(scalar)
                rest.removeFirst()
            }
        }
        return plainWidth(plain)
    }

    private static func plainWidth(_ text: String) -> Int {
        text.reduce(0) { $0 + ($1.unicodeScalars.contains(where: isWide) ? 2 : 1) }
    }

    /// `ESC [ 1 m` or `ESC [ 3 1 m` at the beginning.
    private static func colour(at text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView? {
        guard text.first == "\u{1B}", text.dropFirst().first == "[" else { return nil }
        let digits = text.dropFirst(2).prefix { ("0"..."9").contains($0) }
        guard (1...2).contains(digits.count), text[digits.endIndex...].first == "m" else { return nil }
        return text[...digits.endIndex]
    }

    /// The general category Cc, whole.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
