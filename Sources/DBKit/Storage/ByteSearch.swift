/// Finds the next of three bytes in a text, eight bytes at a time: where a field ends is the question that reading a
/// file asks most.
public struct ByteSearch: Sendable {
    /// Each of the bytes, eight times.
    @usableFromInline let first: UInt64
    @usableFromInline let second: UInt64
    @usableFromInline let third: UInt64

    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        self.first = TextWord.all(first)
        self.second = TextWord.all(second)
        self.third = TextWord.all(third)
    }

    /// The first position from `start` on at which one of them stands; the end where none does.
    @inlinable
    @inline(__always)
    public func next(in bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        let end = bytes.count
        while position &+ 8 <= end {
            let word = bytes.word(at: position)
            let marks = TextWord.zeros(word ^ first) | TextWord.zeros(word ^ second) | TextWord.zeros(word ^ third)
            if marks != 0 { return position &+ marks.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        return last(in: bytes, from: position)
    }

    /// Byte by byte: less than a word is left.
    @usableFromInline
    func last(in bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            let word = TextWord.all(bytes[position])
            if word == first || word == second || word == third { return position }
            position += 1
        }
        return position
    }

    /// Nothing but ASCII, and no NUL.
    public static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        var all: UInt64 = 0
        var marks: UInt64 = 0
        var position = 0
        while position &+ 8 <= bytes.count {
            let word = bytes.word(at: position)
            all |= word
            marks |= TextWord.zeros(word)
            position &+= 8
        }
        while position < bytes.count {
            all |= UInt64(bytes[position])
            if bytes[position] == 0 { return false }
            position &+= 1
        }
        return all & TextWord.tops == 0 && marks == 0
    }
}
