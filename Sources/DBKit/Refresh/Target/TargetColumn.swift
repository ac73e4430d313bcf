/// A column of the table that a feed goes into.
public struct TargetColumn: Sendable, Hashable {
    public var name: String
    /// Of the base type, where the column's is a domain.
    public var type: ColumnType
    /// As the server writes the column's own type.
    public var typeName: String
    public var isNullable: Bool
    /// It has a default, or the server makes its values.
    public var hasDefault: Bool
    /// Computed from others: it cannot be fed.
    public var isGenerated: Bool
    /// `GENERATED ALWAYS AS IDENTITY`: fed values need OVERRIDING SYSTEM VALUE.
    public var isAlwaysIdentity: Bool
    /// A text whose values are equal only where their bytes are.
    public var isExactText: Bool
    /// Quoted: of a text whose values are equal also where their bytes are not.
    public var looseCollation: String?

    public init(
        name: String, type: ColumnType, typeName: String, isNullable: Bool = true, hasDefault: Bool = false,
        isGenerated: Bool = false, isAlwaysIdentity: Bool = false, isExactText: Bool = true,
        looseCollation: String? = nil
    ) {
        self.name = name
        self.type = type
        self.typeName = typeName
        self.isNullable = isNullable
        self.hasDefault = hasDefault
        self.isGenerated = isGenerated
        self.isAlwaysIdentity = isAlwaysIdentity
        self.isExactText = isExactText
        self.looseCollation = looseCollation
    }
}

/// As far as a feed's values are read before the server sees them.
public enum ColumnType: Sendable, Hashable {
    case smallint, integer, bigint
    /// Nil: any.
    case numeric(precision: Int?, scale: Int?)
    case real, double
    case boolean
    case date
    case timestamp, timestamptz
    /// In characters; nil: any.
    case text(maximum: Int?)
    /// Times of day, and arrays and ranges of moments.
    case moments
    /// The server alone reads it.
    case other

    public var isNumber: Bool {
        switch self {
        case .smallint, .integer, .bigint, .numeric, .real, .double: true
        default: false
        }
    }

    public var isTime: Bool { self == .date || self == .timestamp || self == .timestamptz }
}
