/// The first ten characters of a ULID: 48 bits of milliseconds in Crockford's base 32. In capitals, as they are compared.
enum ULIDText {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let timeLength = 10
    private static let length = 26

    static func prefix(milliseconds: Int64) -> String {
        let digits = (0..<timeLength).map { alphabet[Int(milliseconds >> Int64(5 * (timeLength - 1 - $0)) & 31)] }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Of a whole one or of its beginning: what is not there counts as zero. Nil for anything else.
    static func milliseconds(_ text: String) -> Int64? {
        guard (1...length).contains(text.utf8.count), let first = text.utf8.first, first <= UInt8(ascii: "7") else {
            return nil
        }
        var value: Int64 = 0
        for (place, byte) in text.utf8.enumerated() {
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            if place < timeLength { value = value << 5 | Int64(digit) }
        }
        return value << Int64(5 * max(0, timeLength - text.utf8.count))
    }
}
