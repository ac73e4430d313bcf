import Operations

/// A row of a foreign history: each column as the server writes it in JSON, without those that are NULL.
struct ForeignRow: Sendable, Hashable {
    private let values: [String: String]
    private let table: String

    init(_ values: [String: String], of table: String = "") {
        self.values = values
        self.table = table
    }

    subscript(_ column: String) -> String? { values[column] }

    func required(_ column: String) throws(Failure) -> String {
        guard let value = values[column] else {
            throw Failure(
                .adoptUnreadable, "\(table) has a row without \(column)",
                detail: "Nothing was changed.", hint: "its tool cannot have written it; look at the table")
        }
        return value
    }

    func number(_ column: String) throws(Failure) -> Int64 {
        let text = try required(column)
        guard let number = Int64(text) else {
            throw Failure(
                .adoptUnreadable, "\(table): \(column) is \(text), which is no number",
                detail: "Nothing was changed.", hint: "its tool cannot have written it; look at the table")
        }
        return number
    }

    func flag(_ column: String) -> Bool { values[column] == "true" }

    /// A number of some unit, as seconds.
    func seconds(_ column: String, per unit: Double) -> Double {
        max(0, (values[column].flatMap(Double.init) ?? 0) / unit)
    }
}

extension FailureCode {
    static let adoptUnreadable = FailureCode("migrate.adopt_unreadable", .data)
}
