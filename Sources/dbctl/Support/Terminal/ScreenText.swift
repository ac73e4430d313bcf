/// Text that comes from a server, made fit for a place of so many columns on a screen.
enum ScreenText {
    /// One line without anything that a terminal obeys: an application's name may be an escape sequence, a query has
    /// line breaks, and a mark for writing from right to left would turn the rest of the line around.
    static func clean(_ text: String) -> String {
        if isPlain(text) { return text }
        var line = ""
        var isBehindSpace = true
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                if !isBehindSpace { line.unicodeScalars.append(" ") }
                isBehindSpace = true
                continue
            }
            isBehindSpace = false
            switch scalar.properties.generalCategory {
            case .control: line += "·"
            // What has no width of its own, and what only changes the look of its neighbour.
            case .format, .surrogate, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator: break
            default:
                if !scalar.properties.isVariationSelector { line.unicodeScalars.append(scalar) }
            }
        }
        if isBehindSpace, line.last == " " { line.removeLast() }
        return line
    }

    /// Of text that is clean.
    static func width(_ text: String) -> Int {
        isASCII(text) ? text.utf8.count : text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// The beginning that fits, with an ellipsis in the last column when something is missing.
    static func cut(_ text: String, to columns: Int) -> String {
        guard columns > 0 else { return "" }
        if isASCII(text) {
            return text.utf8.count <= columns ? text : "\(text.prefix(columns - 1))…"
        }
        guard width(text) > columns else { return text }
        var line = ""
        var used = 0
        for scalar in text.unicodeScalars {
            let own = width(scalar)
            if used + own > columns - 1 { break }
            used += own
            line.unicodeScalars.append(scalar)
        }
        return line + "…"
    }

    /// Cut, and filled up with spaces.
    static func fit(_ text: String, _ columns: Int, right: Bool = false) -> String {
        let cut = cut(text, to: columns)
        let padding = String(repeating: " ", count: max(0, columns - width(cut)))
        return right ? padding + cut : cut + padding
    }

    /// Over so many lines at most, broken between words; the last one is cut.
    static func wrap(_ text: String, _ columns: Int, lines: Int) -> [String] {
        var wrapped: [String] = []
        var rest = text.split(separator: " ")[...]
        while wrapped.count < lines - 1, !rest.isEmpty {
            var line = String(rest.removeFirst())
            while let word = rest.first, width(line) + 1 + width(String(word)) <= columns {
                line += " \(word)"
                rest.removeFirst()
            }
            wrapped.append(cut(line, to: columns))
        }
        if !rest.isEmpty { wrapped.append(cut(rest.joined(separator: " "), to: columns)) }
        return wrapped
    }

    static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: return TextTable.isWide(scalar) || scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        var last = UInt8(ascii: " ")
        for byte in text.utf8 {
            guard (0x20..<0x7F).contains(byte), byte != 0x20 || last != 0x20 else { return false }
            last = byte
        }
        return last != 0x20 || text.isEmpty
    }

    private static func isASCII(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 < 0x80 }
    }
}
