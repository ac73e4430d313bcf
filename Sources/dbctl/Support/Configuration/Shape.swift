import DBKit

/// What a value of dbctl.yaml may look like. The schema is data, so that decoding, `config show`, the nearest valid
/// key and the documentation cannot disagree.
indirect enum Shape: Sendable {
    case text
    /// Text that may be empty: a header of a file without a name.
    case header
    /// Text that is never shown.
    case secret
    /// A connection URL; its password is never shown.
    case url
    /// An address of the web, of which only the host is shown.
    case webAddress
    /// Any scalar, taken as it is written.
    case raw
    case boolean
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case percent
    case duration
    case calendarStep
    case choice([String])
    case compression
    /// One of several shapes, the first that fits; the text says what was expected.
    case either([Shape], expected: String)
    case list(Shape)
    /// Keys of the user's own choosing.
    case table(Shape)
    case record([Field])

    /// What the message of a wrong type says.
    var expected: String {
        switch self {
        case .text: "text that is not empty (put quotes around it if it looks like a number)"
        case .header: "text (put quotes around it if it looks like a number)"
        case .secret: "a value that is not empty"
        case .raw: "a single value"
        case .url: "a connection URL that names a host or a database, postgresql://…"
        case .webAddress: "an address of the web, https://…"
        case .boolean: "true or false"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number of at least \(range.lowerBound)"
        case .percent: "a percentage, as in 30%"
        case .duration: "a duration, as in 300ms, 90s, 26h or 7d"
        case .calendarStep: "a calendar step, as in 1 month or 24 months"
        case .choice(let names): "one of \(names.joined(separator: ", "))"
        case .compression: "zstd, zstd:1 to zstd:22, gzip, gzip:1 to gzip:9, or none"
        case .either(_, let expected): expected
        case .list(let element): "a list; each entry \(element.expected)"
        case .table, .record: "a section with keys"
        }
    }

    /// One name or several: `key: id` and `key: [asset_id, date]`.
    static let names = Shape.either([.list(.text), .text], expected: "a name or a list of names")

    /// Whether the text of a scalar fits. `isPlain`: written without quotes.
    func fits(_ text: String, isPlain: Bool) -> Bool {
        switch self {
        case .raw: true
        case .secret: !text.isEmpty && !(isPlain && Self.isNull(text))
        case .text: !text.isEmpty && !(isPlain && Self.looksTyped(text))
        case .header: !(isPlain && Self.looksTyped(text))
        // What it left open would be libpq's defaults, and those of the shell that happens to run dbctl.
        case .url: (try? ConnectionURL(text))?.namesServer == true
        case .webAddress: HeartbeatURL(text) != nil
        case .boolean: isPlain && ["true", "false"].contains(text)
        case .integer(let range): isPlain && Int(text).map(range.contains) == true
        case .number(let range): isPlain && Double(text).map { $0.isFinite && range.contains($0) } == true
        case .percent:
            text.last == "%" && Double(text.dropLast()).map { $0.isFinite && (0...100).contains($0) } == true
        case .duration: (try? Duration(spelled: text)) != nil
        case .calendarStep: (try? CalendarStep(spelled: text)) != nil
        case .choice(let names): names.contains(text)
        case .compression: Compression(text) != nil
        case .either(let shapes, _): shapes.contains { $0.fits(text, isPlain: isPlain) }
        case .list, .table, .record: false
        }
    }

    /// A value of the environment is written neither with nor without quotes.
    func fits(variable text: String) -> Bool {
        fits(text, isPlain: true) || fits(text, isPlain: false)
    }

    /// YAML reads these without quotes as something else than text.
    private static func looksTyped(_ text: String) -> Bool {
        isNull(text) || ["true", "false", "True", "False", "TRUE", "FALSE"].contains(text) || Double(text) != nil
    }

    private static func isNull(_ text: String) -> Bool {
        ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// A variable in it that is empty would change what it names, and leave a text that still looks right.
    var needsEveryVariable: Bool {
        switch self {
        case .url, .secret, .webAddress: true
        default: false
        }
    }

    /// Shown masked.
    var isSecret: Bool {
        if case .secret = self { true } else { false }
    }
}

/// A key of a record.
struct Field: Sendable {
    let name: String
    let shape: Shape
    let isRequired: Bool
    /// The built-in value, spelled as in the file.
    let fallback: String?
    /// What it is for, in a sentence: the hint beside a wrong value, and a line of docs/configuration.md.
    let meaning: String

    init(
        _ name: String, _ shape: Shape, required: Bool = false, default fallback: String? = nil, _ meaning: String
    ) {
        self.name = name
        self.shape = shape
        isRequired = required
        self.fallback = fallback
        self.meaning = meaning
    }
}
