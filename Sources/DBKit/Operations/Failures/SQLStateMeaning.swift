public import Postgres

/// What an SQLSTATE says by itself, for whoever has read it in a log and has no more than that.
public struct SQLStateMeaning: Sendable, Hashable {
    public let state: SQLState
    /// In the words of PostgreSQL's documentation; nil for a class that it does not have.
    public let className: String?
    /// What dbctl calls an error with this SQLSTATE: several, where the server uses one for several reasons, and none where it
    /// is no error.
    public let codes: [FailureCode]

    /// - Parameter text: As somebody has typed or pasted it; nil for what cannot be an SQLSTATE. One without a digit is taken for
    ///   a word.
    public init?(_ text: String) {
        let text = text.uppercased()
        let signs = text.utf8
        guard signs.count == 5, signs.contains(where: Self.digits.contains),
            signs.allSatisfy({ Self.digits.contains($0) || Self.letters.contains($0) })
        else { return nil }
        let state = SQLState(text)
        self.state = state
        className = Self.classes[state.classCode]
        guard !["00", "01"].contains(state.classCode) else {
            codes = []
            return
        }
        // Within class 28 what the login says is the more precise.
        let (inStatement, atTheDoor) = (FailureCode.statements(state), FailureCode.refusals(state))
        var seen: Set<FailureCode> = []
        codes = (state.classCode == "28" ? atTheDoor + inStatement : inStatement + atTheDoor).filter {
            seen.insert($0).inserted
        }
    }

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    private static let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")

    /// Source: PostgreSQL documentation, appendix A.
    static let classes: [String: String] = [
        "00": "successful completion",
        "01": "warning",
        "02": "no data",
        "03": "SQL statement not yet complete",
        "08": "connection exception",
        "09": "triggered action exception",
        "0A": "feature not supported",
        "0B": "invalid transaction initiation",
        "0F": "locator exception",
        "0L": "invalid grantor",
        "0P": "invalid role specification",
        "0Z": "diagnostics exception",
        "10": "XQuery error",
        "20": "case not found",
        "21": "cardinality violation",
        "22": "data exception",
        "23": "integrity constraint violation",
        "24": "invalid cursor state",
        "25": "invalid transaction state",
        "26": "invalid SQL statement name",
        "27": "triggered data change violation",
        "28": "invalid authorization specification",
        "2B": "dependent privilege descriptors still exist",
        "2D": "invalid transaction termination",
        "2F": "SQL routine exception",
        "34": "invalid cursor name",
        "38": "external routine exception",
        "39": "external routine invocation exception",
        "3B": "savepoint exception",
        "3D": "invalid catalog name",
        "3F": "invalid schema name",
        "40": "transaction rollback",
        "42": "syntax error or access rule violation",
        "44": "WITH CHECK OPTION violation",
        "53": "insufficient resources",
        "54": "program limit exceeded",
        "55": "object not in prerequisite state",
        "57": "operator intervention",
        "58": "system error",
        "72": "snapshot failure",
        "F0": "configuration file error",
        "HV": "foreign data wrapper error",
        "P0": "PL/pgSQL error",
        "XX": "internal error",
    ]
}
