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

    /// Scheme and host are the same in any case of letters, the web's usual ports need no naming, and a host without a
    /// path has `/`.
    static func canonical(_ uri: String) -> String {
        guard let colon = uri.firstIndex(of: ":") else { return uri }
        let scheme = uri[..<colon].lowercased()
        let rest = uri[uri.index(after: colon)...]
        guard rest.hasPrefix("//") else { return "\(scheme):\(rest)" }
        let authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
        var path = rest.dropFirst(2 + authority.count)
        var (user, host) = ("", authority.lowercased()[...])
        if let at = authority.lastIndex(of: "@") {
            user = String(authority[...at])
            host = authority[authority.index(after: at)...].lowercased()[...]
        }
        let usualPort = ["http": ":80", "https": ":443"][scheme]
        if let usualPort, host.hasSuffix(usualPort) { host = host.dropLast(usualPort.count) }
        if usualPort != nil, path.isEmpty { path = "/" }
        return "\(scheme)://\(user)\(host)\(path)"
    }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
