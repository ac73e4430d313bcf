import Testing

@testable import dbctl

@Suite("Text of a server on a screen")
struct ScreenTextTests {
    @Test(
        "what a terminal would obey is gone, and everything is on one line",
        arguments: [
            ("plain", "plain"), ("a\n\t b  c ", "a b c"), ("\u{1B}[31mred", "·[31mred"), ("\u{9B}2J", "·2J"),
            ("x\u{07}y\u{0D}z\u{00}", "x·y z·"), ("\u{202E}dlrow", "dlrow"), ("a\u{200B}b\u{200D}c\u{FE0F}", "abc"),
            ("naïve 東京 👍", "naïve 東京 👍"), ("", ""), ("   ", ""), ("\u{2028}a\u{2029}", "a"),
        ])
    func clean(_ text: String, _ wanted: String) {
        #expect(ScreenText.clean(text) == wanted)
    }

    @Test(
        "a width is counted in columns",
        arguments: [("abc", 3), ("東京", 4), ("👍", 2), ("✅", 2), ("é", 1), ("e\u{301}", 1), ("█▁…", 3), ("", 0)])
    func width(_ text: String, _ wanted: Int) {
        #expect(ScreenText.width(text) == wanted)
    }

    @Test("whatever is cut to whatever width fits, and fills it up when it shall")
    func cut() {
        for text in ["abcdef", "東京都庁", "a東b京c", "👍👍👍", "e\u{301}e\u{301}e\u{301}x", "", "…"] {
            for columns in 0...12 {
                let cut = ScreenText.cut(text, to: columns)
                #expect(ScreenText.width(cut) <= columns, "\(text) in \(columns)")
                #expect((cut == text) == (ScreenText.width(text) <= columns), "\(text) in \(columns): \(cut)")
                for right in [false, true] {
                    #expect(ScreenText.width(ScreenText.fit(text, columns, right: right)) == columns)
                }
            }
        }
        #expect(ScreenText.cut("a東b京c", to: 5) == "a東b…")
        #expect(ScreenText.cut("東京都", to: 4) == "東…", "half a character is none")
        #expect(ScreenText.wrap("one two three four", 8, lines: 3) == ["one two", "three", "four"])
        #expect(ScreenText.wrap("one two three four", 8, lines: 2) == ["one two", "three f…"])
        #expect(ScreenText.wrap("incomprehensible x", 8, lines: 3) == ["incompr…", "x"])
        #expect(ScreenText.wrap("", 8, lines: 3).isEmpty)
        #expect(ScreenText.fit("7", 3, right: true) == "  7")
    }
}
