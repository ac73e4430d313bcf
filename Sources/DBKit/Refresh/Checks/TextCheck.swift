/// Whether the bytes of a record are text at all.
enum TextCheck {
    /// What keeps a record from being text.
    static func problem(_ record: borrowing FeedRecord, _ encoding: FeedEncoding) -> String? {
        problem(record.buffer, record.start..<record.end, encoding)
    }

    static func problem(_ text: [UInt8], _ range: Range<Int>, _ encoding: FeedEncoding) -> String? {
        if text[range].contains(0) { return "it has a NUL byte" }
        let bytes = text.span.extracting(range)
        do {
            _ = try UTF8Span(validating: bytes)
            return nil
        } catch {
            let byte = String(bytes[error.byteOffsets.lowerBound], radix: 16, uppercase: true)
            switch encoding {
            case .utf8: return "byte 0x\(byte) is no UTF-8: the file may be latin1 or windows-1252 (encoding:)"
            case .latin1, .windows1252: return "byte 0x\(byte) is no character of \(encoding.rawValue)"
            }
        }
    }
}
