/// Turns the bytes of a terminal into keys, however they are cut into reads. Pure.
///
/// A lone ESC is the beginning of a sequence until ``flush()`` says that nothing came after it. A sequence that is none
/// of ours is swallowed whole: its letters would be taken for commands.
struct KeyDecoder: Sendable {
    private var pending: [UInt8] = []
    /// Nobody's key is as long.
    private static let longest = 32

    /// True while a key has begun and is not complete.
    var isWaiting: Bool { !pending.isEmpty }

    mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let (count, key) = next() {
            pending.removeFirst(count)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// Nothing came for a while: what is there is all that there is.
    mutating func flush() -> [Key] {
        defer { pending = [] }
        // ESC and something, or ESC twice: only what begins with ESC and has stayed alone was the key itself.
        return pending == [0x1B] ? [.escape] : []
    }

    /// How many bytes the first key takes; nil when there is no whole one yet.
    private func next() -> (count: Int, key: Key?)? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return sequence()
        case 0x0A, 0x0D: return (1, .enter)
        case 0x08, 0x7F: return (1, .backspace)
        case 0x0C: return (1, .redraw)
        case 0x15: return (1, .eraseLine)
        case 0x00..<0x20: return (1, nil)
        case 0x20..<0x7F: return (1, .character(Character(Unicode.Scalar(first))))
        default: return character()
        }
    }

    private func character() -> (count: Int, key: Key?)? {
        let length =
            switch pending[0] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        let bytes = pending.prefix(length)
        // One that breaks off is not waited for: the byte after it begins another key.
        if let stray = bytes.dropFirst().firstIndex(where: { $0 & 0xC0 != 0x80 }) { return (stray, nil) }
        guard bytes.count == length else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self), let character = text.first,
            !text.unicodeScalars.contains(where: TextTable.isControl)
        else { return (length, nil) }
        return (length, .character(character))
    }

    private func sequence() -> (count: Int, key: Key?)? {
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case UInt8(ascii: "["), UInt8(ascii: "O"):
            // Parameters, then one byte that says what it is.
            guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
                return pending.count > Self.longest ? (pending.count, nil) : nil
            }
            return (end + 1, key(final: pending[end], parameters: pending[2..<end]))
        // The first was a key of its own, the second may begin a sequence.
        case 0x1B: return (1, .escape)
        // Alt and a key: nothing of ours.
        default: return (2, nil)
        }
    }

    private func key(final: UInt8, parameters: ArraySlice<UInt8>) -> Key? {
        switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "~"): Self.numbered[String(decoding: parameters.prefix { $0 != 0x3B }, as: UTF8.self)]
        default: nil
        }
    }

    private static let numbered: [String: Key] = [
        "1": .home, "4": .end, "5": .pageUp, "6": .pageDown, "7": .home, "8": .end,
    ]
}
