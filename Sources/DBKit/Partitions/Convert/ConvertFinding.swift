/// Something that a conversion changes, needs, or founders on.
public struct ConvertFinding: Sendable, Hashable, Codable {
    public enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
        /// It cannot be done so; nothing overrides it.
        case blocks
        /// It changes what the table promises: done with `--yes` only.
        case consent
        /// It is made again on the partitioned table, in the transaction of the swap.
        case moves
        case note

        public static func < (left: Severity, right: Severity) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    public enum Kind: String, Sendable, Codable {
        case uniqueness
        case incomingForeignKey = "incoming_foreign_key"
        /// The table itself, or what is in it.
        case table
        case column
        case rows
        case constraint
        case index
        case view
        case rule
        case function
        case policy
        case trigger
        case publication
        case sequence
        case foreignKey = "foreign_key"
        case materializedView = "materialized_view"
        case type
        case other
    }

    public var severity: Severity
    public var kind: Kind
    /// What it is about, by name.
    public var object: String
    /// A sentence.
    public var message: String
    /// What to type.
    public var hint: String?

    init(_ severity: Severity, _ kind: Kind, _ object: String, _ message: String, hint: String? = nil) {
        self.severity = severity
        self.kind = kind
        self.object = object
        self.message = message
        self.hint = hint
    }
}
