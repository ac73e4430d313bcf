/// How a refused record is written down: its line, the reason, and the record as it was, so that it can be mended and
/// fed again.
struct RefusedLine: Sendable {
    /// Of the feed's own file.
    var delimiter: UInt8 = UInt8(ascii: ",")

    /// A field of a file of separated values, in quotes where it needs them.
    func field(_ text: some Sequence<UInt8>) -> [UInt8] {
        let bytes = Array(text)
        let isSpecial = bytes.contains { byte in
            byte == delimiter || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        }
        return isSpecial ? quoted(bytes) : bytes
    }

    func quoted(_ text: some Sequence<UInt8>) -> [UInt8] {
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text {
            if byte == UInt8(ascii: "\"") { quoted.append(byte) }
            quoted.append(byte)
        }
        return quoted + [UInt8(ascii: "\"")]
    }

    /// - Parameter fields: Written as they are to stand there.
    func joined(_ fields: [[UInt8]]) -> [UInt8] { Array(fields.joined(separator: [delimiter])) }
}
