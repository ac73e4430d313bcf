/// How a file of separated values is written.
public struct CSVDialect: Sendable, Hashable {
    public var delimiter: UInt8
    /// Nil where a quote is a character like any other.
    public var quote: UInt8?

    public init(delimiter: UInt8 = UInt8(ascii: ","), quote: UInt8? = UInt8(ascii: "\"")) {
        self.delimiter = delimiter
        self.quote = quote
    }

    /// The separators that are looked for, in the order of preference.
    static let delimiters = [
        UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|"),
    ]
}

extension CSVDialect {
    /// Finds out by the first lines: the separator that cuts all of them into the same number of fields, and into most.
    ///
    /// - Parameter sample: The beginning of the file; its last line may be cut.
    /// - Returns: Nil when no separator does that: then the file has one column, or is not of this kind.
    static func detect(in sample: [UInt8]) -> CSVDialect? {
        var best: (dialect: CSVDialect, columns: Int)?
        for delimiter in delimiters {
            let dialect = CSVDialect(delimiter: delimiter)
            guard let columns = columns(of: sample, dialect), columns > 1, columns > best?.columns ?? 1 else {
                continue
            }
            best = (dialect, columns)
        }
        return best?.dialect
    }

    /// How many fields each record has; nil when they differ, or cannot be read.
    private static func columns(of sample: [UInt8], _ dialect: CSVDialect) -> Int? {
        var reader = CSVReader(dialect)
        var counts: Set<Int> = []
        do {
            // What is not complete is left out by not finishing, except where there is nothing else.
            try reader.read(sample) { record in if !record.isBlank { counts.insert(record.count) } }
            if counts.isEmpty { try reader.finish { record in counts.insert(record.count) } }
        } catch {
            return nil
        }
        return counts.count == 1 ? counts.first : nil
    }
}
