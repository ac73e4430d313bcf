extension StringProtocol {
    /// The text before and after the first `separator`; nil when there is none.
    func splitOnce(at separator: Character) -> (SubSequence, SubSequence?) {
        guard let index = firstIndex(of: separator) else { return (self[...], nil) }
        return (self[..<index], self[self.index(after: index)...])
    }

    var trimmingSpaces: String {
        let head = drop { $0.isWhitespace }
        guard let last = head.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(head[...last])
    }

    /// `%40` → `@`; what is no valid escape stays as it is.
    var percentDecoded: String {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            let hex = rest.prefix(2)
            if byte == UInt8(ascii: "%"), hex.count == 2,
                let value = UInt8(String(decoding: hex, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Escapes exactly the (ASCII) characters given.
    func percentEncoding(_ characters: String) -> String {
        String(
            flatMap { character -> [Character] in
                guard characters.contains(character), let ascii = character.asciiValue else { return [character] }
                return Array("%" + (ascii < 16 ? "0" : "") + String(ascii, radix: 16, uppercase: true))
            })
    }
}
