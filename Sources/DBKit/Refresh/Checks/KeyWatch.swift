import Storage

/// Watches whether a key comes twice, as far as that is cheap: keys in ascending order, or few enough to remember.
///
/// It only ever says yes when it is certain; else the server is asked.
struct KeyWatch: Sendable {
    /// The columns' types are such that different texts are different values.
    private var isKnown: Bool
    private let limit: Int
    /// In the order of the key, and in the opposite one: feeds come by asset and date, or by date and asset.
    private var ascends = true
    private var ascendsBackwards = true
    private var previous: [Part] = []
    private var hasPrevious = false
    /// Given up once there are too many.
    private var hashes: [UInt64]? = []

    /// A column's value.
    struct Part: Sendable {
        var number: Int64 = 0
        /// Where the value is no number.
        var text: [UInt8] = []
    }

    /// - Parameter isKnown: Different canonical texts of the key's columns are different values.
    init(columns: Int, isKnown: Bool, limit: Int = 1_500_000) {
        self.isKnown = isKnown && columns > 0
        self.limit = limit
        previous = Array(repeating: Part(), count: columns)
    }

    /// Nobody needs to give it keys any more.
    var isDecided: Bool { !isKnown || (hashes == nil && !ascends && !ascendsBackwards) }

    /// - Parameters:
    ///   - key: The values in the order of the key.
    @inline(__always)
    mutating func add(_ key: [Part]) {
        guard !isDecided else { return }
        if hasPrevious, ascends || ascendsBackwards {
            if ascends { ascends = isAfter(key, backwards: false) }
            if ascendsBackwards { ascendsBackwards = isAfter(key, backwards: true) }
        }
        if hashes != nil {
            var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
            for part in key {
                hash = (hash ^ UInt64(bitPattern: part.number)) &* 0xBF58_476D_1CE4_E5B9
                hash ^= hash >> 29
                if !part.text.isEmpty { hash ^= XXH64.hash(part.text, seed: hash) }
            }
            hashes?.append(hash)
            if hashes?.count ?? 0 > limit { hashes = nil }
        }
        if ascends || ascendsBackwards {
            for index in key.indices {
                previous[index].number = key[index].number
                if !key[index].text.isEmpty || !previous[index].text.isEmpty { previous[index].text = key[index].text }
            }
            hasPrevious = true
        }
    }

    @inline(__always)
    private func isAfter(_ key: [Part], backwards: Bool) -> Bool {
        for step in key.indices {
            let index = backwards ? key.count - 1 - step : step
            let (old, new) = (previous[index], key[index])
            if new.number != old.number { return new.number > old.number }
            if !new.text.isEmpty || !old.text.isEmpty, new.text != old.text {
                return old.text.lexicographicallyPrecedes(new.text)
            }
        }
        return false
    }

    /// No key came twice.
    mutating func areDistinct() -> Bool {
        guard isKnown else { return false }
        if ascends || ascendsBackwards { return true }
        guard var sorted = hashes else { return false }
        hashes = nil
        sorted.sort()
        return !zip(sorted, sorted.dropFirst()).contains { $0 == $1 }
    }
}
