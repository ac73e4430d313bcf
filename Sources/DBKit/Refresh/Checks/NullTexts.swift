/// The texts that mean NULL.
struct NullTexts: Sendable {
    private let hasEmpty: Bool
    private let hasOthers: Bool
    private let others: [[UInt8]]

    init(_ texts: [String]) {
        hasEmpty = texts.contains("")
        others = texts.filter { !$0.isEmpty }.map { Array($0.utf8) }
        hasOthers = !others.isEmpty
    }

    @inline(__always)
    func contain(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.isEmpty ? hasEmpty : hasOthers && Self.contain(others, bytes, range)
    }

    private static func contain(_ texts: [[UInt8]], _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        texts.contains { text in
            text.count == range.count && text.indices.allSatisfy { bytes[range.lowerBound + $0] == text[$0] }
        }
    }
}
