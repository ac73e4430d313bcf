/// Text of the encodings in which a byte is a character.
enum SingleByteText {
    /// What windows-1252 has in place of the control characters of Latin-1; 0 where it has nothing.
    private static let windows1252: [UInt32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]

    /// A byte that is no character of the encoding stays as it is: no UTF-8 then, it is found with its record.
    static func utf8(_ text: [UInt8], _ encoding: FeedEncoding) -> [UInt8] {
        guard let first = text.firstIndex(where: { $0 >= 0x80 }) else { return text }
        var result = Array(text[..<first])
        result.reserveCapacity(text.count + text.count / 8)
        for byte in text[first...] {
            guard byte >= 0x80 else {
                result.append(byte)
                continue
            }
            let isSpecial = encoding == .windows1252 && byte < 0xA0
            let code = isSpecial ? windows1252[Int(byte - 0x80)] : UInt32(byte)
            switch code {
            case 0: result.append(byte)
            case ..<0x800: result += [UInt8(0xC0 | code >> 6), UInt8(0x80 | code & 0x3F)]
            default: result += [UInt8(0xE0 | code >> 12), UInt8(0x80 | code >> 6 & 0x3F), UInt8(0x80 | code & 0x3F)]
            }
        }
        return result
    }
}
