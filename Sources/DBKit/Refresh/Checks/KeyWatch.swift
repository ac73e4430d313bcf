import Storage

/// In which order of its columns a key ascends.
enum KeyOrder: Sendable {
    /// Of the key: by asset and date.
    case forwards
    /// From the last column to the first: by date and asset.
    case backwards
}

/// Watches whether a key comes twice, as far as that is cheap: keys in ascending order, or few enough to remember.
///
/// It only ever says yes when it is certain; else the server is asked.
struct KeyWatch: Sendable {
    /// The columns' types are such that different texts are different values.
    private let isKnown: Bool
    private let limit: Int
    /// In the order of the key, and in the opposite one: feeds come by asset and date, or by date and asset.
    private var ascends = true
    private var ascendsBackwards = true
    private var hasPrevious = false
    /// The key at hand, and the one before: a column is a number or a text.
    private var numbers: [Int64]
    private var texts: [[UInt8]]
    private var previousNumbers: [Int64]
    private var previousTexts: [[UInt8]]
    private var hasTexts = false
    /// Given up once there are too many.
    private var hashes: [UInt64]? = []

    /// - Parameter isKnown: Different canonical texts of the key's columns are different values.
    init(columns: Int, isKnown: Bool, limit: Int = 500_000) {
        self.isKnown = isKnown && columns > 0
        self.limit = limit
        numbers = Array(repeating: 0, count: columns)
        texts = Array(repeating: [], count: columns)
        previousNumbers = numbers
        previousTexts = texts
    }

    /// Nobody needs to give it keys any more.
    var isDecided: Bool { !isKnown || (hashes == nil && !ascends && !ascendsBackwards) }

    /// How the keys so far follow one another; none: in no order that is known.
    var orders: Set<KeyOrder> {
        guard isKnown else { return [] }
        return Set((ascends ? [.forwards] : []) + (ascendsBackwards ? [KeyOrder.backwards] : []))
    }

    /// The value of a column of the key at hand.
    mutating func note(_ number: Int64, at place: Int) { numbers[place] = number }

    mutating func note(_ text: [UInt8], at place: Int) {
        texts[place] = text
        hasTexts = true
    }

    /// The key at hand is complete, and its row is taken.
    mutating func take() {
        guard !isDecided else { return }
        if hasPrevious {
            if ascends { ascends = isAfter(backwards: false) }
            if ascendsBackwards { ascendsBackwards = isAfter(backwards: true) }
        }
        if hashes != nil { remember() }
        swap(&numbers, &previousNumbers)
        if hasTexts { swap(&texts, &previousTexts) }
        hasPrevious = true
    }

    private mutating func remember() {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for number in numbers {
            hash = (hash ^ UInt64(bitPattern: number)) &* 0xBF58_476D_1CE4_E5B9
            hash ^= hash >> 29
        }
        if hasTexts {
            for text in texts { hash = XXH64.hash(text, seed: hash) }
        }
        // At once: to grow would take half as much again for a moment.
        if hashes?.isEmpty == true { hashes?.reserveCapacity(limit + 1) }
        hashes?.append(hash)
        if hashes?.count ?? 0 > limit { hashes = nil }
    }

    private func isAfter(backwards: Bool) -> Bool {
        let count = numbers.count
        for step in 0..<count {
            let index = backwards ? count - 1 - step : step
            if numbers[index] != previousNumbers[index] { return numbers[index] > previousNumbers[index] }
            if hasTexts, texts[index] != previousTexts[index] {
                return previousTexts[index].lexicographicallyPrecedes(texts[index])
            }
        }
        return false
    }

    /// No key came twice. To be asked once, at the end.
    mutating func areDistinct() -> Bool {
        guard isKnown else { return false }
        if ascends || ascendsBackwards { return true }
        guard var sorted = hashes else { return false }
        hashes = nil
        sorted.sort()
        return !zip(sorted, sorted.dropFirst()).contains { $0 == $1 }
    }
}
