import DBKit
import Foundation

/// How single values of a feed are spelled, in dbctl.yaml as on the command line.
enum FeedSpelling {
    /// One byte, also by name: `tab` and `\t` are typed more easily than a tab.
    static func delimiter(_ text: String) throws(SpellingProblem) -> UInt8 {
        let byte = ["tab", "\\t"].contains(text.lowercased()) ? UInt8(ascii: "\t") : text.utf8.first
        guard let byte, text.utf8.count == 1 || byte == UInt8(ascii: "\t") else {
            throw SpellingProblem("a delimiter is one byte, as in \";\" or tab")
        }
        // These end a record, or would end it for the server.
        guard byte != 0, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") else {
            throw SpellingProblem("a delimiter is neither NUL nor the end of a line")
        }
        return byte
    }

    /// Nil for `none`: a quote is a character like any other.
    static func quote(_ text: String) throws(SpellingProblem) -> UInt8? {
        if text.isEmpty || text == "none" { return nil }
        guard let byte = text.utf8.first, text.utf8.count == 1, byte > UInt8(ascii: " "), byte < 0x7F else {
            throw SpellingProblem("a quote is one character, as in '\"', or none")
        }
        return byte
    }

    static func encoding(_ text: String) throws(SpellingProblem) -> FeedEncoding {
        switch text.lowercased() {
        case "utf8", "utf-8": return .utf8
        case "latin1", "latin-1", "iso-8859-1": return .latin1
        case "windows-1252", "cp1252": return .windows1252
        default:
            let known = FeedEncoding.allCases.map(\.rawValue).joined(separator: ", ")
            throw SpellingProblem("an encoding that is not read: \(known); others are turned into UTF-8 with iconv")
        }
    }

    static func timezone(_ text: String) throws(SpellingProblem) -> String {
        guard TimeZone(identifier: text) == nil else { return text }
        let near = NearestName.of(text, among: TimeZone.knownTimeZoneIdentifiers).first
        throw SpellingProblem(
            "no time zone of that name" + (near.map { "; did you mean \($0)?" } ?? "; as in UTC or America/New_York"))
    }

    /// `assets.symbol`, `ref.assets.symbol`
    static func lookup(_ text: String) throws(SpellingProblem) -> FeedLookup {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), !parts.contains(where: \.isEmpty), let column = parts.last else {
            throw SpellingProblem("a lookup is table.column, as in assets.symbol")
        }
        return FeedLookup(table: parts.dropLast().joined(separator: "."), column: String(column))
    }

    /// `30%`, on the command line also `30`.
    static func percent(_ text: String) throws(SpellingProblem) -> Double {
        let number = Double(text.hasSuffix("%") ? text.dropLast() : text[...])
        guard let number, (0...100).contains(number) else {
            throw SpellingProblem("not a percentage from 0% to 100%")
        }
        return number
    }

    /// The factor of a jump.
    static func factor(_ text: String) throws(SpellingProblem) -> Double {
        guard let number = Double(text), number.isFinite, number >= 1 else {
            throw SpellingProblem("not a factor of at least 1")
        }
        return number
    }

    static func split(_ text: String) throws(SpellingProblem) -> Double {
        guard let number = Double(text), number.isFinite, number > 0 else {
            throw SpellingProblem("not the factor of a split, as in 4 or 0.1")
        }
        return number
    }
}
