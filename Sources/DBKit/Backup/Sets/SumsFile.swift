public import Operations

/// `SHA256SUMS`, the list that `sha256sum -c` checks. It names every file of the set but itself and the manifest.
public enum SumsFile {
    public static let name = "SHA256SUMS"

    public static func encode(_ sums: [String: String]) -> [UInt8] {
        Array(sums.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }.joined().utf8)
    }

    /// Digest by path. File names of a set need none of the escapes that `sha256sum` knows.
    public static func decode(_ bytes: [UInt8], place: String) throws(Failure) -> [String: String] {
        var sums: [String: String] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self)
            let parts = text.split(separator: "  ", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0].utf8.count == 64, sums.updateValue(parts[0], forKey: parts[1]) == nil
            else {
                throw Failure(.backupDamaged, "\(place)/\(name) is damaged: it has the line “\(text)”")
            }
        }
        return sums
    }
}
