import Crypto
import Storage

/// The checksums that other tools keep of a file they applied, over its bytes as they lie on the disk.
///
/// golang-migrate, goose and dbmate keep none. sqitch's ids are in ``SqitchPlan``.
public enum ForeignChecksum {
    /// Flyway, `flyway_schema_history.checksum`: CRC-32 over the lines without their ends and without a byte order mark,
    /// as a signed number.
    ///
    /// A line of Java's `BufferedReader` ends with `\n`, `\r` or both, so that what counts is all bytes but those two.
    /// Source: Flyway's ChecksumCalculator.
    public static func flyway(_ bytes: [UInt8]) -> Int32 {
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        return Int32(bitPattern: CRC32.of(text.lazy.filter { $0 != .newline && $0 != .carriageReturn }))
    }

    /// sqlx, `_sqlx_migrations.checksum`: SHA-384, 48 bytes.
    public static func sqlx(_ bytes: [UInt8]) -> [UInt8] {
        Array(SHA384.hash(data: bytes))
    }

    /// Prisma, `_prisma_migrations.checksum`: SHA-256, 64 hexadecimal digits.
    public static func prisma(_ bytes: [UInt8]) -> String {
        Digest.hex(bytes)
    }

    /// refinery, `refinery_schema_history.checksum`: SipHash 1-3 over name, version and text as Rust hashes them.
    ///
    /// - Parameters:
    ///   - name: What follows `V1__`, without the suffix.
    ///   - isWide: The version is an `int8` there (refinery's feature `int8-versions`), not an `int4`.
    public static func refinery(name: String, version: Int64, sql: [UInt8], isWide: Bool = false) -> UInt64 {
        var text = Array(name.utf8) + [0xFF]
        for byte in 0..<(isWide ? 8 : 4) { text.append(UInt8(truncatingIfNeeded: version >> (8 * Int64(byte)))) }
        return SipHash13.of(text + sql + [0xFF])
    }
}
