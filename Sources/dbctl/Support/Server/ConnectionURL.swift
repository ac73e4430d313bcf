import DBKit

/// A connection URL as people have it, turned into one that libpq reads.
///
/// libpq's own rules stay libpq's: only the scheme, the extras of other tools in the query, and an unescaped `@` in
/// the password are touched. Nothing here, errors included, ever repeats a part of the text that may be a password.
struct ConnectionURL: Sendable, Equatable {
    /// What libpq gets. Holds the password.
    private(set) var text: String
    /// What was translated or ignored, one sentence each, for stderr.
    private(set) var notes: [String] = []
    /// Keywords that the text gives a value for (`host`, `password`, `sslmode`…).
    private(set) var keywords: Set<String> = []
    /// What the statements of people are to find names in; libpq is not told.
    private(set) var searchPath: URLSearchPath?

    /// It says by itself where the server is, or which database is meant: `postgresql://` and the name of a user alone
    /// leave all of that to the environment, and a bare word is more often a slip than a database.
    var namesServer: Bool {
        text.contains("=") || text.contains("://")
            ? !keywords.isDisjoint(with: ["host", "hostaddr", "port", "dbname", "service"]) : false
    }

    /// - Throws: ``SpellingProblem``, without the text.
    init(_ given: String) throws(SpellingProblem) {
        let text = given.trimmingSpaces
        guard !text.isEmpty else { throw SpellingProblem("it is empty") }
        guard let schemeEnd = text.firstRange(of: "://") else {
            self.text = text
            guard text.contains("=") else {
                if text.contains(":") || text.contains("@") {
                    throw SpellingProblem("not a connection URL: it should begin with postgresql://")
                }
                keywords = ["dbname"]
                return
            }
            // What libpq would say of a value with a blank in it names a part of that value, perhaps of a password.
            keywords = Set(try Self.keywords(text))
            return
        }
        self.text = ""
        var scheme = text[..<schemeEnd.lowerBound].lowercased()
        if scheme.hasPrefix("jdbc:") { scheme.removeFirst("jdbc:".count) }
        if let plus = scheme.firstIndex(of: "+") {
            notes.append("the driver \"\(scheme[plus...])\" in the URL's scheme is ignored")
            scheme = String(scheme[..<plus])
        }
        guard scheme == "postgresql" || scheme == "postgres" else {
            throw SpellingProblem("not a PostgreSQL URL: the scheme is neither postgresql:// nor postgres://")
        }
        let rest = text[schemeEnd.upperBound...]
        let questionMark = rest.firstIndex(of: "?")
        let address = try readAddress(rest[..<(questionMark ?? rest.endIndex)])
        let query = try readQuery(questionMark.map { rest[rest.index(after: $0)...] } ?? "")
        self.text = "\(scheme)://\(address)\(query.isEmpty ? "" : "?" + query)"
    }

    /// `user:password@host:port/dbname`, checked for what would make libpq take half a password for a host or a port
    /// and repeat it in its message.
    private mutating func readAddress(_ address: Substring) throws(SpellingProblem) -> String {
        var address = String(address)
        if let lastAt = Self.endOfLogin(address) {
            let login = address[..<lastAt]
            let (user, password) = login.splitOnce(at: ":")
            if !user.isEmpty { keywords.insert("user") }
            if let password, !password.isEmpty {
                keywords.insert("password")
                if password.contains(where: { "@/".contains($0) }) {
                    let escaped = password.percentEncoding("@/")
                    notes.append("the password in the URL holds characters that a URL wants percent-encoded")
                    address = "\(user):\(escaped)\(address[lastAt...])"
                }
            }
        }
        let afterLogin = Self.endOfLogin(address).map { address[address.index(after: $0)...] } ?? address[...]
        let (hosts, database) = afterLogin.splitOnce(at: "/")
        if let database, !database.isEmpty { keywords.insert("dbname") }
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            let afterBracket = host.lastIndex(of: "]").map { host[host.index(after: $0)...] } ?? host
            let (name, port) = afterBracket.splitOnce(at: ":")
            if !name.isEmpty || host.hasPrefix("[") { keywords.insert("host") }
            guard let port, !port.isEmpty else { continue }
            keywords.insert("port")
            guard port.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                throw SpellingProblem(
                    "the port in the URL is not a number; a / ? # or % in the password must be percent-encoded")
            }
        }
        guard Self.hasSoundPercentEncoding(address) else {
            throw SpellingProblem(Self.badEscape)
        }
        return address
    }

    /// A host holds no "@", so the last one ends the password, wherever a "/" or another "@" stands before it. Only
    /// where nothing before the first "/" looks like a password is an "@" behind it part of the database's name.
    private static func endOfLogin(_ address: String) -> String.Index? {
        let (authority, _) = address.splitOnce(at: "/")
        if authority.contains("@") { return address.lastIndex(of: "@") }
        let (_, port) = authority.splitOnce(at: ":")
        guard let port, !port.allSatisfy(\.isNumber) else { return nil }
        return address.lastIndex(of: "@")
    }

    private mutating func readQuery(_ query: Substring) throws(SpellingProblem) -> String {
        var kept: [String] = []
        for parameter in query.split(separator: "&") {
            let (name, value) = parameter.splitOnce(at: "=")
            guard let value else {
                throw SpellingProblem("a parameter of the URL has no value; a ? in the password must be written %3F")
            }
            guard Self.hasSoundPercentEncoding(String(value)) else {
                throw SpellingProblem(Self.badEscape)
            }
            let decoded = value.percentDecoded
            switch ForeignParameter.meaning(of: String(name), value: decoded) {
            case .libpq:
                keywords.insert(String(name))
                kept.append(String(parameter))
            case .setting(let keyword, let translated):
                keywords.insert(keyword)
                notes.append("\(name) in the URL is read as \(keyword)=\(translated)")
                kept.append("\(keyword)=\(translated)")
            case .ignored(let why):
                notes.append("\(name) in the URL is ignored: \(why)")
            case .searchPath: try setSearchPath(String(name), value)
            }
        }
        return kept.joined(separator: "&")
    }

    private mutating func setSearchPath(_ name: String, _ value: Substring) throws(SpellingProblem) {
        guard let path = try URLSearchPath(parameter: name, value: value) else { return }
        if let other = searchPath, other.schemas != path.schemas {
            throw SpellingProblem("the URL gives two search paths, in \(other.parameter) and in \(name)")
        }
        searchPath = path
    }

    private static let badEscape = "a % in the URL is not followed by two hexadecimal digits; a percent sign is %25"

    private static func hasSoundPercentEncoding(_ text: String) -> Bool {
        text.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy { piece in
            piece.utf8.prefix(2).count == 2 && piece.prefix(2).allSatisfy { $0.isHexDigit && $0.isASCII }
        }
    }

    /// libpq's keyword form: values may be quoted, and `\` escapes.
    static func keywords(_ text: String) throws(SpellingProblem) -> [String] {
        var keywords: [String] = []
        var rest = text[...].drop(while: \.isWhitespace)
        while !rest.isEmpty {
            let keyword = rest.prefix { $0 != "=" && !$0.isWhitespace }
            rest = rest.dropFirst(keyword.count).drop(while: \.isWhitespace)
            guard rest.first == "=" else {
                throw SpellingProblem("keyword=value is expected; a value with blanks must stand in single quotes")
            }
            rest = rest.dropFirst().drop(while: \.isWhitespace)
            let isQuoted = rest.first == "'"
            if isQuoted { rest = rest.dropFirst() }
            var isOpen = isQuoted
            while let character = rest.popFirst() {
                if character == "\\" {
                    rest = rest.dropFirst()
                } else if isQuoted ? character == "'" : character.isWhitespace {
                    isOpen = false
                    break
                }
            }
            guard !isOpen else { throw SpellingProblem("a single quote is not closed; one in a value is written \\'") }
            keywords.append(String(keyword))
            rest = rest.drop(while: \.isWhitespace)
        }
        return keywords
    }
}
