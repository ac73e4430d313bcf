import DBKit
import Foundation

/// Where libpq finds a password that nobody has given: the line of `~/.pgpass` that fits a server. A forgotten one wins
/// silently, so that it has to be shown; the password itself stays in the file.
struct PasswordFile {
    let host: String
    let port: String
    let database: String
    let user: String

    /// - Parameter value: Of a keyword of the connection.
    init(_ value: (_ keyword: String) -> String?) {
        func said(_ keyword: String) -> String? { value(keyword).flatMap { $0.isEmpty ? nil : $0 } }
        let place = said("host") ?? said("hostaddr") ?? ""
        let first = place.split(separator: ",").first.map(String.init) ?? ""
        // The default socket goes by this name.
        host = first.isEmpty || first == "/var/run/postgresql" || first == "/tmp" ? "localhost" : first
        port = said("port")?.split(separator: ",").first.map(String.init) ?? "5432"
        user = said("user") ?? NSUserName()
        database = said("dbname") ?? user
    }

    /// `FILE:line`; nil where no line fits, or the file is one that libpq does not read: it has to be its owner's alone.
    func origin(path: String) -> String? {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path),
            facts[.type] as? FileAttributeType == .typeRegular,
            let mode = facts[.posixPermissions] as? Int, mode & 0o077 == 0,
            let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { return nil }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return lines.firstIndex { !$0.hasPrefix("#") && fits($0) }.map { "\(path):\($0 + 1)" }
    }

    private func fits(_ line: Substring) -> Bool {
        let fields = Self.fields(line)
        guard fields.count == 5 else { return false }
        return zip(fields, [host, port, database, user]).allSatisfy { field, wanted in
            field.isAny || field.text == wanted
        }
    }

    /// Between colons; a backslash takes the next letter as it is. What stands behind the fourth colon is the password.
    private static func fields(_ line: Substring) -> [(text: String, isAny: Bool)] {
        var fields: [(text: String, isAny: Bool)] = []
        var text = ""
        var raw = ""
        var rest = line
        while fields.count < 4, let letter = rest.popFirst() {
            guard letter != ":" else {
                fields.append((text, raw == "*"))
                (text, raw) = ("", "")
                continue
            }
            raw.append(letter)
            text.append(letter == "\\" ? rest.popFirst() ?? letter : letter)
        }
        return fields.count == 4 ? fields + [("", false)] : fields
    }
}
