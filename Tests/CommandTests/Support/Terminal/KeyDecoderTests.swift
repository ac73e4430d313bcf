import Testing

@testable import dbctl

@Suite("Keys out of the bytes of a terminal")
struct KeyDecoderTests {
    static let keys: [(String, [Key])] = [
        ("q", [.character("q")]),
        ("ab", [.character("a"), .character("b")]),
        ("\r", [.enter]), ("\n", [.enter]),
        ("\u{7F}", [.backspace]), ("\u{08}", [.backspace]),
        ("\u{15}", [.eraseLine]), ("\u{0C}", [.redraw]),
        ("\u{1B}[A", [.up]), ("\u{1B}[B", [.down]), ("\u{1B}[C", [.right]), ("\u{1B}[D", [.left]),
        ("\u{1B}OA", [.up]), ("\u{1B}OH", [.home]), ("\u{1B}[F", [.end]),
        ("\u{1B}[5~", [.pageUp]), ("\u{1B}[6~", [.pageDown]), ("\u{1B}[1~", [.home]), ("\u{1B}[4~", [.end]),
        // With Shift or Ctrl held.
        ("\u{1B}[1;5A", [.up]), ("\u{1B}[5;2~", [.pageUp]),
        ("é€😀", [.character("é"), .character("€"), .character("😀")]),
        // F5, Insert, Alt-q: none of ours, and none of their letters is taken for a command.
        ("\u{1B}[15~q", [.character("q")]), ("\u{1B}[2~", []), ("\u{1B}q", []), ("\u{1B}OP", []),
        ("\u{1B}[A\u{1B}[Bj", [.up, .down, .character("j")]),
        // Two ESC, one of which begins an arrow.
        ("\u{1B}\u{1B}[A", [.escape, .up]),
        ("\u{01}\u{02}", []),
    ]

    @Test("a key is the same however its bytes are cut", arguments: keys)
    func cut(_ text: String, _ wanted: [Key]) {
        let bytes = Array(text.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var decoder = KeyDecoder()
                let keys =
                    decoder.decode(bytes[..<first]) + decoder.decode(bytes[first..<second])
                    + decoder.decode(bytes[second...])
                #expect(keys == wanted, "cut at \(first), \(second)")
                #expect(!decoder.isWaiting)
            }
        }
    }

    @Test("a lone ESC is a key once nothing came after it")
    func escape() {
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1B]).isEmpty && decoder.isWaiting)
        #expect(decoder.flush() == [.escape] && !decoder.isWaiting)
        #expect(decoder.decode(Array("q".utf8)) == [.character("q")])
        #expect(decoder.decode(Array("\u{1B}[".utf8)).isEmpty)
        #expect(decoder.flush().isEmpty, "a torn sequence is no ESC")
    }

    @Test("bytes that are no UTF-8 are no keys, and what comes after them is")
    func broken() {
        for bytes: [UInt8] in [
            [0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF0, 0x9F], [0x80], [0xC2, 0x9B],
        ] {
            var decoder = KeyDecoder()
            #expect(decoder.decode(bytes + [0x71]) == [.character("q")], "\(bytes)")
        }
    }

    @Test("a sequence without an end is given up")
    func endless() {
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 100)).isEmpty)
        #expect(!decoder.isWaiting)
    }
}
