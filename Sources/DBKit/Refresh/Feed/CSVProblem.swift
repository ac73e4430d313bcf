/// What keeps a file from being read as separated values.
enum CSVProblem: Error, Sendable, Hashable {
    /// A closing quote is followed by something else than a separator or a line end.
    case textAfterQuote(line: Int)
    /// The file ends within quotes that were opened on this line.
    case openQuote(line: Int)
    /// A record is longer than the reader keeps in memory.
    case recordTooLong(line: Int, limit: Int)

    var line: Int {
        switch self {
        case .textAfterQuote(let line), .openQuote(let line), .recordTooLong(let line, _): line
        }
    }
}
