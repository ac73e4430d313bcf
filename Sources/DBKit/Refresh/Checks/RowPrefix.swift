import Storage

/// File and line of a row as COPY text. Lines come one after the other: to count in digits is cheaper than to divide.
struct RowPrefix: Sendable {
    private var file = -1
    private var line = -1
    /// Longer than it is ever used, so that it can be copied by words.
    private var bytes = [UInt8](repeating: 0, count: 64)
    private var count = 0

    mutating func set(file: Int, line: Int) {
        defer { (self.file, self.line) = (file, line) }
        guard file == self.file, line == self.line + 1 else { return write(file, line) }
        // The last one is the tab.
        var place = count - 2
        while bytes[place] == UInt8(ascii: "9") {
            bytes[place] = UInt8(ascii: "0")
            place -= 1
        }
        // In front of the first digit stands the tab behind the file.
        if bytes[place] == UInt8(ascii: "\t") { return write(file, line) }
        bytes[place] += 1
    }

    private mutating func write(_ file: Int, _ line: Int) {
        let text = Array("\(file)\t\(line)\t".utf8)
        bytes.replaceSubrange(..<text.count, with: text)
        count = text.count
    }

    @inline(__always)
    func append(to text: inout OutputSpan<UInt8>) {
        text.append(copying: bytes.span, 0..<count)
    }
}
