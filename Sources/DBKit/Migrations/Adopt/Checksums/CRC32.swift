/// The CRC of zlib and of `java.util.zip.CRC32` (ISO 3309, reflected, polynomial 0xEDB88320).
enum CRC32 {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { state, byte in
            table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8)
        }
    }

    private static let table: [UInt32] = (0..<256).map { (index: UInt32) in
        (0..<8).reduce(index) { state, _ in state & 1 == 1 ? 0xEDB8_8320 ^ (state >> 1) : state >> 1 }
    }
}
