// Who runs the server's programs. initdb and postgres refuse to run as root, so root hands them to `postgres`.

import Foundation
import Glibc
import Operations

/// The account that a sandbox's server runs under.
struct ServerUser: Sendable, Hashable {
    /// The account to switch to, nil when the programs run as the caller.
    let account: Account?

    struct Account: Sendable, Hashable {
        let userID: UInt32
        let groupID: UInt32
    }

    /// The caller itself, or `postgres` when the caller is root.
    static func current() throws -> ServerUser {
        guard geteuid() == 0 else { return ServerUser(account: nil) }
        let passwd = (try? String(contentsOfFile: "/etc/passwd", encoding: .utf8)) ?? ""
        guard let account = account(named: "postgres", passwd: passwd) else {
            throw Failure(
                .sandboxNoServer,
                "this is root, and PostgreSQL refuses to run as root; the user postgres does not exist here",
                hint: "install the Debian package postgresql-15, which creates it, or run as another user"
            )
        }
        return ServerUser(account: account)
    }

    /// The account's ids in the text of /etc/passwd.
    static func account(named name: String, passwd: String) -> Account? {
        for line in passwd.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, fields[0] == name else { continue }
            guard let userID = UInt32(fields[2]), let groupID = UInt32(fields[3]) else { return nil }
            return Account(userID: userID, groupID: groupID)
        }
        return nil
    }

    /// Gives a file or folder to the account, with the permissions that the server asks for.
    func own(_ path: String, permissions: Int) throws {
        var attributes: [FileAttributeKey: Any] = [.posixPermissions: permissions]
        if let account {
            attributes[.ownerAccountID] = Int(account.userID)
            attributes[.groupOwnerAccountID] = Int(account.groupID)
        }
        try FileManager.default.setAttributes(attributes, ofItemAtPath: path)
    }

    /// The command that runs the program as this account.
    ///
    /// setpriv(1), and not swift-subprocess's own user id: that calls setgroups() in the forked child of a program with
    /// threads, where glibc waits for threads that the child does not have (*seen*: hung for ever, 1 of 200 starts).
    func command(_ program: String, _ arguments: [String]) -> [String] {
        guard let account else { return [program] + arguments }
        let identity = ["--reuid", "\(account.userID)", "--regid", "\(account.groupID)", "--clear-groups"]
        return ["/usr/bin/setpriv"] + identity + ["--", program] + arguments
    }
}
