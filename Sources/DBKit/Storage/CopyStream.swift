public import Operations

/// The frame around the rows of a COPY stream, and the values inside a binary row.
public enum CopyStream {
    /// Signature, flags and extension length of a binary stream: 19 bytes before the first row.
    public static let binaryHeader: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
    /// A field count of -1 behind the last row.
    public static let binaryTrailer: [UInt8] = [0xFF, 0xFF]
    /// What `pg_dump` puts behind the last line of a text file: the end mark and empty lines.
    public static let textTrailer: [UInt8] = Array("\\.\n\n\n".utf8)

    /// Where the row begins in a message of a binary COPY TO STDOUT: behind the header in the first one.
    ///
    /// - Returns: nil for what is no row: the trailer.
    public static func binaryRowStart(_ message: RawSpan, isFirst: Bool) -> Int? {
        let start = isFirst ? min(message.byteCount, binaryHeader.count) : 0
        let length = message.byteCount - start
        if length < 2 { return nil }
        if length == 2, unsafe message.unsafeLoadUnaligned(fromByteOffset: start, as: UInt16.self) == 0xFFFF {
            return nil
        }
        return start
    }

    /// The fields of a binary row, as spans into it; nil is NULL.
    ///
    /// - Throws: `storage.corrupt` when the row is not made of that many fields.
    public static func fields(
        _ row: RawSpan, count: Int, _ body: (Int, RawSpan?) throws -> Void
    ) throws {
        guard row.byteCount >= 2,
            Int(Int16(bigEndian: unsafe row.unsafeLoadUnaligned(as: Int16.self))) == count
        else { throw malformed }
        var offset = 2
        for index in 0..<count {
            guard row.byteCount - offset >= 4 else { throw malformed }
            let length = Int(Int32(bigEndian: unsafe row.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self)))
            offset += 4
            guard length >= 0 else {
                try body(index, nil)
                continue
            }
            guard row.byteCount - offset >= length else { throw malformed }
            try body(index, row.extracting(offset..<offset + length))
            offset += length
        }
    }

    /// A field of four bytes as an integer.
    public static func uint32(_ field: RawSpan?) throws(Failure) -> UInt32 {
        guard let field, field.byteCount == 4 else { throw malformed }
        return UInt32(bigEndian: unsafe field.unsafeLoadUnaligned(as: UInt32.self))
    }

    private static var malformed: Failure { Failure(.corrupt, "a row of the server's COPY stream is malformed") }
}
