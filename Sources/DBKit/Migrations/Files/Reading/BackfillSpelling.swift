import Operations

/// `table=public.users key=id batch=5000`: names as SQL spells them, quoted ones with blanks too.
struct BackfillSpelling {
    private(set) var table = ""
    private(set) var key: [String] = []
    private(set) var batch = MigrationDirectives.Backfill.usualBatch

    private static let names = ["table", "key", "batch"]
    private static let example = "-- dbctl:backfill table=users key=id batch=1000"

    init(_ text: Substring) throws(SpellingProblem) {
        var seen: Set<String> = []
        for word in Self.words(text) {
            guard let equals = word.firstIndex(of: "=") else {
                throw SpellingProblem("dbctl:backfill wants name=value, not \(word): \(Self.example)")
            }
            let name = String(word[..<equals])
            let value = word[word.index(after: equals)...]
            guard Self.names.contains(name) else {
                let near = NearestName.of(name, among: Self.names).first.map { "did you mean \($0)=?" }
                throw SpellingProblem(
                    "dbctl:backfill knows no \(name)=; \(near ?? "there are table=, key= and batch=")")
            }
            guard seen.insert(name).inserted else { throw SpellingProblem("dbctl:backfill names \(name)= twice") }
            switch name {
            case "table":
                guard let parts = Self.names(value, separator: .dot), parts.count <= 2 else {
                    throw SpellingProblem("dbctl:backfill table=\(value) is no name of a table")
                }
                table = String(value)
            case "key":
                guard let columns = Self.names(value, separator: UInt8(ascii: ",")) else {
                    throw SpellingProblem("dbctl:backfill key=\(value) is no column, nor several between commas")
                }
                key = columns
            default:
                guard value.allSatisfy({ $0.isASCII && $0.isNumber }), let rows = Int(value), rows > 0 else {
                    throw SpellingProblem("dbctl:backfill batch=\(value) is no number of rows")
                }
                batch = rows
            }
        }
        guard !table.isEmpty, !key.isEmpty else {
            throw SpellingProblem("dbctl:backfill wants table= and key=: \(Self.example)")
        }
    }

    /// Blanks inside of double quotes part nothing.
    private static func words(_ text: Substring) -> [Substring] {
        var isQuoted = false
        return text.split { character in
            if character == "\"" { isQuoted.toggle() }
            return !isQuoted && character.isWhitespace
        }
    }

    /// Names with the separator between them; nil for everything else.
    private static func names(_ text: Substring, separator: UInt8) -> [String]? {
        let bytes = Array(text.utf8)
        var lexer = SQLLexer(bytes)
        var names: [String] = []
        var wantsName = true
        while true {
            let next = try? lexer.next()
            guard let token = next ?? nil else { break }
            switch token.kind {
            case .word where wantsName, .quotedName where wantsName:
                names.append(String(decoding: bytes[token.range], as: UTF8.self))
            case .symbol(separator) where !wantsName: break
            default: return nil
            }
            wantsName.toggle()
        }
        return wantsName || !lexer.isAtEnd ? nil : names
    }
}
