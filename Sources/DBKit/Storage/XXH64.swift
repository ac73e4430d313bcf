/// XXH64, the 64-bit xxHash of Yann Collet, as its specification describes it
/// (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Not cryptographic: it tells rows apart.
public enum XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    public static func hash(_ bytes: RawSpan, seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0, seed: seed) }
    }

    public static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0, seed: seed) }
    }

    private static func hash(_ input: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let count = input.count
        var position = 0
        var result: UInt64
        if count >= 32 {
            var lanes = (seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
            while position + 32 <= count {
                lanes.0 = round(lanes.0, unsafe word(input, position))
                lanes.1 = round(lanes.1, unsafe word(input, position + 8))
                lanes.2 = round(lanes.2, unsafe word(input, position + 16))
                lanes.3 = round(lanes.3, unsafe word(input, position + 24))
                position += 32
            }
            result = rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
            result = merge(merge(merge(merge(result, lanes.0), lanes.1), lanes.2), lanes.3)
        } else {
            result = seed &+ prime5
        }
        result = result &+ UInt64(count)
        while position + 8 <= count {
            result = rotate(result ^ round(0, unsafe word(input, position)), 27) &* prime1 &+ prime4
            position += 8
        }
        if position + 4 <= count {
            let half = UInt32(littleEndian: unsafe input.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            result = rotate(result ^ (UInt64(half) &* prime1), 23) &* prime2 &+ prime3
            position += 4
        }
        while position < count {
            result = rotate(result ^ (UInt64(unsafe input[position]) &* prime5), 11) &* prime1
            position += 1
        }
        result = (result ^ (result >> 33)) &* prime2
        result = (result ^ (result >> 29)) &* prime3
        return result ^ (result >> 32)
    }

    @inline(__always)
    private static func word(_ input: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe input.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        (value << bits) | (value >> (64 - bits))
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ (input &* prime2), 31) &* prime1
    }

    @inline(__always)
    private static func merge(_ result: UInt64, _ lane: UInt64) -> UInt64 {
        (result ^ round(0, lane)) &* prime1 &+ prime4
    }
}
