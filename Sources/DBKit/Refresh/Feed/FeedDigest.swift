import Storage

/// Tells one feed's bytes from another's: the same for the same bytes, in whatever pieces they come. Not cryptographic:
/// nobody gains anything by two feeds that look alike.
struct FeedDigest: Sendable {
    private static let blockSize = 64 << 10
    private var block: [UInt8] = []
    private var first: UInt64 = 0
    private var second: UInt64 = 0x5DBC_71FE_ED00_0001
    private var count: UInt64 = 0

    init() {
        block.reserveCapacity(Self.blockSize)
    }

    mutating func update(_ bytes: RawSpan) {
        count += UInt64(bytes.byteCount)
        var position = 0
        while position < bytes.byteCount {
            let end = min(bytes.byteCount, position + Self.blockSize - block.count)
            // What is whole already goes in from where it stands.
            if block.isEmpty, end - position == Self.blockSize {
                let whole = bytes.extracting(position..<end)
                first = XXH64.hash(whole, seed: first)
                second = XXH64.hash(whole, seed: second)
            } else {
                bytes.extracting(position..<end).append(to: &block)
                if block.count == Self.blockSize {
                    mix()
                    block.removeAll(keepingCapacity: true)
                }
            }
            position = end
        }
    }

    private mutating func mix() {
        first = XXH64.hash(block, seed: first)
        second = XXH64.hash(block, seed: second)
    }

    /// 32 hexadecimal digits. More bytes may follow.
    var hex: String {
        var copy = self
        copy.mix()
        return [copy.first ^ count, copy.second].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
