/// SipHash with one round a word and three at the end, and a key of zeros.
///
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
enum SipHash13 {
    static func of(_ bytes: [UInt8]) -> UInt64 {
        var state = State()
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word |= UInt64(byte) << (8 * UInt64(index % 8))
            if index % 8 == 7 {
                state.take(word)
                word = 0
            }
        }
        state.take(word | UInt64(truncatingIfNeeded: bytes.count) << 56)
        return state.finished()
    }

    private struct State {
        // "somepseudorandomlygeneratedbytes", which a key of zeros leaves as it is.
        var v0: UInt64 = 0x736f_6d65_7073_6575
        var v1: UInt64 = 0x646f_7261_6e64_6f6d
        var v2: UInt64 = 0x6c79_6765_6e65_7261
        var v3: UInt64 = 0x7465_6462_7974_6573

        mutating func take(_ word: UInt64) {
            v3 ^= word
            mix()
            v0 ^= word
        }

        mutating func finished() -> UInt64 {
            v2 ^= 0xFF
            for _ in 0..<3 { mix() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        private mutating func mix() {
            v0 &+= v1
            v1 = v1 << 13 | v1 >> 51
            v1 ^= v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = v3 << 16 | v3 >> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 << 21 | v3 >> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 << 17 | v1 >> 47
            v1 ^= v2
            v2 = v2 << 32 | v2 >> 32
        }
    }
}
