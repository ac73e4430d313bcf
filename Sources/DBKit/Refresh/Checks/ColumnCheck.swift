/// How the values of a column are read and checked.
///
/// Plain fields rather than cases with payloads: it is looked at for each value of each row.
struct ColumnCheck: Sendable {
    enum Kind: UInt8, Sendable {
        case whole, numeric, real, double, boolean, date, timestamp, timestamptz, text
        /// A text that names a row of another table.
        case lookup
        /// The server alone reads it.
        case verbatim
        /// The server reads it, but for words that mean a moment.
        case moments
    }

    var kind = Kind.verbatim
    var role: FedColumn.Role
    var takesNull: Bool
    var takesNested = false
    /// Spaces around a value are no part of it.
    var isTrimmed = true
    /// Its place in the key; -1 for none.
    var keyIndex: Int
    /// Of whole numbers.
    var limits = Int64.min...Int64.max
    /// Of numeric.
    var precision: Int?
    var scale: Int?
    /// Of texts, in characters.
    var maximum = Int.max
    /// Texts that differ are different values, whatever their collation says.
    var isExactText = false

    init(_ fed: FedColumn, key: [String]) {
        role = fed.role
        takesNull = fed.target.isNullable && !fed.isKey
        keyIndex = key.firstIndex(of: fed.target.name) ?? -1
        guard fed.source.lookup == nil else {
            kind = .lookup
            return
        }
        switch fed.target.type {
        case .smallint: (kind, limits) = (.whole, Int64(Int16.min)...Int64(Int16.max))
        case .integer: (kind, limits) = (.whole, Int64(Int32.min)...Int64(Int32.max))
        case .bigint: kind = .whole
        case .numeric(let precision, let scale):
            kind = .numeric
            (self.precision, self.scale) = (precision, scale)
        case .real: kind = .real
        case .double: kind = .double
        case .boolean: kind = .boolean
        case .date: kind = .date
        case .timestamp: kind = .timestamp
        case .timestamptz: kind = .timestamptz
        case .text(let maximum):
            kind = .text
            isTrimmed = false
            takesNested = maximum == nil
            self.maximum = maximum ?? .max
            isExactText = fed.target.isExactText
        case .moments:
            kind = .moments
            takesNested = true
        case .other:
            isTrimmed = false
            takesNested = true
        }
    }

    /// Two texts that differ, as they are written for the server, are two values that differ.
    var textTellsValue: Bool {
        switch kind {
        case .whole, .date, .boolean: true
        case .text: isExactText
        // Two spellings may find the same row: 100 and 0100, or by a collation.
        case .numeric, .real, .double, .timestamp, .timestamptz, .verbatim, .moments, .lookup: false
        }
    }
}
