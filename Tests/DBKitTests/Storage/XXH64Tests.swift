import DBKit
import Testing

/// Vectors of the reference implementation (xxHash 0.8 through Python's `xxhash`).
@Suite struct XXH64Tests {
    private static let vectors: [([UInt8], UInt64)] = [
        ([], 0xEF46_DB37_51D8_E999),
        (Array("a".utf8), 0xD24E_C4F1_A98C_6E5B),
        (Array("abc".utf8), 0x44BC_2CF5_AD77_0999),
        ([0, 0], 0x9AAB_A41F_FA2D_A101),
        (Array(0..<4), 0xFFCE_D860_4453_CC1E),
        (Array(0..<7), 0x14CC_643F_630C_72D2),
        (Array(0..<8), 0x884A_1736_14B8_1B8D),
        (Array(0..<31), 0xC346_D2B5_9B4D_8EE1),
        (Array(0..<32), 0xCBF5_9C51_16FF_32B4),
        (Array(0..<33), 0x0C53_5D1A_CAFB_8EAD),
        ((0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }, 0x2527_5608_A9CF_C168),
    ]

    @Test("XXH64 is the reference's, below, at and above its block of 32 bytes", arguments: vectors)
    func vector(bytes: [UInt8], expected: UInt64) {
        #expect(XXH64.hash(unsafe bytes.span.bytes) == expected)
    }

    @Test("a seed changes the hash as the reference says")
    func seeded() {
        let bytes = Array("abc".utf8)
        #expect(XXH64.hash(unsafe bytes.span.bytes, seed: 0x9E37_79B1) == 0x1318_DF30_094A_85FD)
    }
}
