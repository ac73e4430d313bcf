import Crypto

/// The id under which sqitch's own tables know a change: SHA-1 over a text with all that the plan says of it and the id
/// of the change before it, so that it stands for the whole plan up to there.
///
/// Source: App::Sqitch::Plan::Change 1.3, `info` and `id`.
enum SqitchChangeID {
    static func of(_ change: SqitchPlan.Change, in plan: SqitchPlan, after parent: String?) -> String {
        var lines = ["project \(plan.project)"]
        if let uri = plan.uri { lines.append("uri \(canonical(uri))") }
        lines.append("change \(change.name)")
        if let parent { lines.append("parent \(parent)") }
        lines += ["planner \(change.planner)", "date \(change.date)"]
        if !change.requires.isEmpty { lines += ["requires"] + change.requires.map { "  + \($0)" } }
        if !change.conflicts.isEmpty { lines += ["conflicts"] + change.conflicts.map { "  - \($0)" } }
        if !change.note.isEmpty { lines += ["", change.note] }
        let content = Array(lines.joined(separator: "\n").utf8)
        return Insecure.SHA1.hash(data: Array("change \(content.count)\0".utf8) + content).hexadecimal
    }
}

extension SqitchChangeID {
    /// As Perl's URI->canonical has it: scheme and host in small letters, the web's usual ports unnamed, `/` for a host
    /// alone, and escapes only where they are needed.
    static func canonical(_ given: String) -> String {
        let uri = escaped(given)
        guard let colon = uri.firstIndex(of: ":") else { return uri }
        let scheme = uri[..<colon].lowercased()
        let rest = uri[uri.index(after: colon)...]
        guard rest.hasPrefix("//") else { return "\(scheme):\(rest)" }
        let authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
        var path = rest.dropFirst(2 + authority.count)
        let host = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
        var address = authority[host...].lowercased()[...]
        let usualPort = ["http": ":80", "https": ":443"][scheme]
        if let usualPort, address.hasSuffix(usualPort) { address = address.dropLast(usualPort.count) }
        if usualPort != nil, path.isEmpty || path.hasPrefix("#") { path = "/" + path }
        return "\(scheme)://\(authority[..<host])\(address)\(path)"
    }

    private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf8)

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let code = UInt8(digits, radix: 16) {
                rest = rest.dropFirst(2)
                bytes += unreserved.contains(code) ? [code] : Array("%\(digits.uppercased())".utf8)
            } else if byte >= 0x80 {
                bytes += Array("%\([byte].hexadecimal.uppercased())".utf8)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
