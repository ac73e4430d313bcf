/// A script, cut into statements the way `psql -f` would send them.
///
/// The pieces follow one another without a gap: put together they are the script, byte for byte.
public struct SQLScript: Sendable, Hashable {
    public struct Piece: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            /// White space and comments, a semicolon without a statement, and `\restrict`.
            case between
            /// One statement with its semicolon, if it has one.
            case statement(SQLStatement)
            /// The rows for the `COPY … FROM stdin` before it, with the line `\.` that ends them.
            case rows
            /// A comment that the caller asked to be told of.
            case marker
        }

        public var kind: Kind
        /// Bytes of the script.
        public var range: Range<Int>
        /// Where it begins, counted from 1.
        public var line: Int
    }

    public let bytes: [UInt8]
    public let pieces: [Piece]

    /// Cuts the script.
    ///
    /// - Parameter isMarker: says of a comment that it is one at which a section of the file begins. No statement
    ///   reaches over it.
    public init(_ bytes: [UInt8], isMarker: (ArraySlice<UInt8>) -> Bool = { _ in false }) throws(SQLScriptError) {
        self.bytes = bytes
        var splitter = SQLSplitter(bytes)
        pieces = try splitter.split(isMarker)
    }

    public init(_ text: String) throws(SQLScriptError) {
        try self.init(Array(text.utf8))
    }

    public var statements: [SQLStatement] {
        pieces.compactMap { piece in
            if case .statement(let statement) = piece.kind { statement } else { nil }
        }
    }

    public func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}

/// One statement of a script.
public struct SQLStatement: Sendable, Hashable {
    /// Its tokens, white space and comments within it too, without the semicolon.
    public var tokens: [SQLToken]
    /// The text to send: from the first token to the last, without the semicolon.
    public var range: Range<Int>
    public var line: Int
    /// What follows a `COPY … FROM stdin`, without the line `\.`.
    public var rows: Range<Int>?
}
