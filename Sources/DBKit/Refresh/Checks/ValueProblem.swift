/// Why a value is not taken.
///
/// Without payload: it is made for each value of each row, and its words only for those that are refused.
enum ValueProblem: UInt8, Sendable {
    // Nothing at all.
    case null, empty, absent, nested, quotedWord
    // Numbers.
    case notNumber, thousands, decimalComma, currency, percent, notFinite, hexadecimal, underscore
    case notWhole, outOfRange, tooLarge, tooSmall, surplusDecimals, notPositive, negative
    // Days and times.
    case notDate, noSuchDay, ambiguousDate, timeOfDay, shiftedDate, otherZone, unnamedZone, dateWord, future, farYear
    case notTime, noSuchTime
    case notBoolean, tooLong

    /// What is wrong with a value of the column, behind `column: "value" `.
    func words(_ column: TargetColumn, _ rules: MomentRules) -> String {
        switch self {
        case .null: "is empty, and the column takes no NULL"
        case .empty: "is an empty text"
        case .absent: "is not there: say null"
        case .nested: "is an object or an array"
        case .quotedWord: "is no value of JSON"
        case .notNumber: "is no number"
        case .thousands: "has a thousands separator"
        case .decimalComma: "has a comma: of thousands, or in place of the decimal point"
        case .currency: "has a currency"
        case .percent: "has a percent sign"
        case .notFinite: "is no finite number"
        case .hexadecimal: "is not a decimal number"
        case .underscore: "has an underscore"
        case .notWhole: "is no whole number"
        case .outOfRange: "is out of the range of \(column.typeName)"
        case .tooLarge: "is too large for \(column.typeName)"
        case .tooSmall: "is too small for \(column.typeName)"
        case .surplusDecimals: "has more decimals than \(column.typeName) keeps"
        case .notPositive: "is no price: it must be above 0"
        case .negative: "is below 0"
        case .notDate: "is no date: 2026-01-31 is"
        case .noSuchDay: "is a day that does not exist"
        case .ambiguousDate: "is ambiguous: write year, month, day, as in 2026-01-31"
        case .timeOfDay: "has a time of day, and the column has none"
        case .shiftedDate: "has a time zone that shifts the date (the feed's is \(rules.zoneName))"
        case .otherZone: "has a time zone other than the feed's (\(rules.zoneName)), and the column keeps none"
        case .unnamedZone: "has the name of a time zone: write an offset, as in +01:00"
        case .dateWord: "is a word, and no date"
        case .future: "is in the future: today is \(rules.today.text) in \(rules.zoneName)"
        case .farYear: "is no likely year"
        case .notTime: "is no time: 2026-01-31 23:59:59 is"
        case .noSuchTime: "is a time that does not exist"
        case .notBoolean: "is neither true nor false"
        case .tooLong: "is longer than \(column.typeName) takes"
        }
    }
}
