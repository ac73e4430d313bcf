// Text eight bytes at a time says the same as byte by byte.

import Storage
import TestSupport
import Testing

@Suite struct TextWordsTests {
    private let alphabet = Array("0129.,;\"\n\r -eé\u{0}/:".utf8) + [0x80, 0xFF, 0xAE, 0xB0]

    private func text(_ random: inout SeededGenerator) -> [UInt8] {
        (0..<random.below(40)).map { _ in alphabet[random.below(alphabet.count)] }
    }

    @Test("the next of three bytes is found wherever it stands")
    func search() {
        var random = SeededGenerator(seed: 1)
        let search = ByteSearch(UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        for _ in 0..<20_000 {
            let text = text(&random)
            let start = random.below(text.count + 1)
            let wanted = text[start...].firstIndex { [0x2C, 0x0A, 0x0D].contains($0) } ?? text.count
            #expect(search.next(in: text.span, from: start) == wanted, "\(text) from \(start)")
        }
    }

    @Test("a text is plain when it is ASCII without NUL")
    func plain() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<5000 {
            let text = text(&random)
            #expect(ByteSearch.isPlain(text.span) == text.allSatisfy { $0 > 0 && $0 < 0x80 }, "\(text)")
        }
    }

    @Test("marks of a word stand where they should, and nowhere else")
    func marks() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let text = (0..<8).map { _ in alphabet[random.below(alphabet.count)] }
            let word = text.span.word(at: 0)
            func marked(_ marks: UInt64) -> [Bool] { (0..<8).map { marks >> UInt64($0 * 8) & 0x80 != 0 } }
            #expect(marked(TextWord.nonDigits(word)) == text.map { !(0x30...0x39).contains($0) }, "\(text)")
            #expect(marked(TextWord.exactZeros(word ^ TextWord.all(0x2E))) == text.map { $0 == 0x2E }, "\(text)")
            #expect((TextWord.zeros(word) != 0) == text.contains(0))
        }
        #expect((0...9).map { TextWord.mask($0).nonzeroBitCount } == [0, 8, 16, 24, 32, 40, 48, 56, 64, 64])
    }

    @Test("ranges are copied whole, whatever their length and whatever stands around them")
    func copies() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<5000 {
            let text = text(&random)
            let start = random.below(text.count + 1)
            let range = start..<(start + random.below(text.count - start + 1))
            let spare = random.below(20)
            let copy = [UInt8](capacity: 1 + range.count + spare) { target in
                target.append(7)
                target.append(copying: text.span, range)
            }
            #expect(copy == [7] + text[range], "\(text) \(range)")
        }
    }
}
