import Postgres

/// The condition of a policy as the server writes it: within a subquery its own columns have the name of the table in
/// front (`orders.asset`), which names nothing once the policy is another table's; and a subquery has several lines. Pure.
enum PolicyText {
    /// In one line, as it can be typed. Only where the name stands by itself and for a table: within a text, behind a schema, or as the end of another name
    /// it is something else.
    static func renaming(_ table: String, to other: String, in expression: String) -> String {
        // The server quotes more words than have to be.
        let old = spellings(of: table).map { Array($0.utf8) + [UInt8(ascii: ".")] }
        let new = Array((spellings(of: other).first ?? other).utf8) + [UInt8(ascii: ".")]
        let bytes = Array(expression.utf8)
        var renamed: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if let found = old.first(where: { bytes[place...].starts(with: $0) }), !isWithinName(bytes, before: place) {
                renamed += new
                place += found.count
                continue
            }
            let end = quoted(bytes, from: place)
            renamed += bytes[place] == UInt8(ascii: "\n") ? [UInt8(ascii: " ")] : bytes[place..<end]
            place = end
        }
        return String(decoding: renamed, as: UTF8.self)
    }

    private static func spellings(of name: String) -> [String] {
        (try? identifier(name)).map { [$0.typed, $0.sql] } ?? []
    }

    private static func isWithinName(_ bytes: [UInt8], before place: Int) -> Bool {
        guard place > 0 else { return false }
        switch bytes[place - 1] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "."),
            UInt8(ascii: "\""), 0x80...:
            return true
        default: return false
        }
    }

    /// Behind the text in quotes that begins here, else one byte on. A doubled quote begins the next text at once.
    private static func quoted(_ bytes: [UInt8], from place: Int) -> Int {
        let quote = bytes[place]
        guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return place + 1 }
        // Only E'…' has backslashes that quote.
        let isEscaped = quote == UInt8(ascii: "'") && place > 0 && bytes[place - 1] == UInt8(ascii: "E")
        var end = place + 1
        while end < bytes.count, bytes[end] != quote { end += isEscaped && bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(end + 1, bytes.count)
    }
}
