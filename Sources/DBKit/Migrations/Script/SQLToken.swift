/// One token of an SQL script. Tokens follow one another without a gap: together they are the script.
public struct SQLToken: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// White space, and a byte order mark at the very beginning.
        case space
        /// `-- …` without its line end, or `/* … */` with all that is nested in it.
        case comment
        /// A keyword or an unquoted name.
        case word
        /// `"…"` or `U&"…"`.
        case quotedName
        /// `'…'` in any of its forms, or `$tag$…$tag$`.
        case string
        case number
        /// `$1`
        case parameter
        /// One byte of an operator or of punctuation.
        case symbol(UInt8)
        /// A backslash outside of everything, to the end of its line: a command for psql.
        case metaCommand
    }

    public var kind: Kind
    /// Bytes of the script.
    public var range: Range<Int>
    /// Where it begins, counted from 1.
    public var line: Int

    /// False for what the server does not see.
    public var isSignificant: Bool { kind != .space && kind != .comment }
}

/// A script that is no SQL as the server's lexer understands it.
public struct SQLScriptError: Error, Sendable, Hashable {
    /// Counted from 1.
    public var line: Int
    public var message: String
}
