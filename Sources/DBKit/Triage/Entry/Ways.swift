import Foundation
import Operations
public import Postgres

/// The ways into a server, in the order in which they are tried.
public struct Ways: Sendable {
    /// One of them.
    struct Way: Sendable, Hashable {
        let route: Route
        let parameters: ConnectionParameters
        let userName: String
    }

    let all: [Way]
    /// Where the role of the connection logs in, for a look from outside when no way leads in.
    let own: ConnectionParameters
    /// The console of the pooler that the connection leads to, where nobody has named another.
    let poolersOwn: Way?

    /// - Parameters:
    ///   - own: The connection that was asked for, past a pooler where that is known.
    ///   - rescue: A role that was set aside for a full server.
    ///   - console: pgbouncer's.
    ///   - guessesConsole: Where none is named, that of the pooler which the connection leads to is asked when that is full.
    ///   - only: Nil tries all.
    /// - Throws: ``Failure`` where libpq cannot read a URL.
    public init(
        own: ConnectionParameters, rescue: ConnectionParameters? = nil, console: ConnectionParameters? = nil,
        guessesConsole: Bool = false, only route: Route? = nil
    ) throws {
        self.own = own
        poolersOwn =
            guessesConsole && console == nil && route == nil
            ? try Ways.way(.pgbouncer, own.setting("dbname", "pgbouncer")) : nil
        let direct = try Ways.way(.direct, own)
        let reserved = try rescue.map { try Ways.way(.reserved, $0) }
        let superusers = try Ways.superusers(own, withOwnUser: route != nil)
        let walsenders = try ([own] + [rescue].compactMap { $0 } + superusers.map(\.parameters)).map {
            try Ways.way(.walsender, $0.setting("replication", "database"))
        }
        // Where nobody says otherwise it is a database of the same pooler.
        let pooler = try Ways.way(.pgbouncer, console ?? own.setting("dbname", "pgbouncer"))
        switch route {
        case nil:
            let others = [reserved].compactMap { $0 } + superusers + walsenders
            all = [direct] + others + (console == nil ? [] : [pooler])
        case .direct: all = [direct]
        // A role of one's own may have the privilege, too; a superuser always has.
        case .reserved: all = [try reserved ?? Ways.way(.reserved, own)] + superusers
        case .superuser: all = superusers
        case .walsender: all = walsenders
        case .pgbouncer: all = [pooler]
        }
    }

    private static func way(_ route: Route, _ parameters: ConnectionParameters) throws -> Way {
        Way(route: route, parameters: parameters, userName: value("user", try resolved(parameters)))
    }

    /// Superusers have slots of their own; on the server's machine they usually need no password. A loopback address
    /// stands for the machine, whose sockets are where the server's packages have them.
    ///
    /// - Parameter withOwnUser: When it was not tried before.
    private static func superusers(_ own: ConnectionParameters, withOwnUser: Bool) throws -> [Way] {
        let options = try resolved(own)
        let port = value("port", options)
        return folders(value("host", options), value("hostaddr", options), port: port).flatMap { folder in
            ["postgres", NSUserName()].filter {
                $0 != "root" && (withOwnUser || $0 != value("user", options))
            }.uniqued().map { user in
                var parameters = ConnectionParameters()
                parameters.set("host", folder)
                parameters.set("port", port)
                parameters.set("user", user)
                parameters.set("dbname", value("dbname", options).isEmpty ? "postgres" : value("dbname", options))
                return Way(route: .superuser, parameters: parameters, userName: user)
            }
        }
    }

    /// Of the server's sockets on this machine.
    private static func folders(_ host: String, _ address: String, port: String) -> [String] {
        if host.hasPrefix("/") || host.hasPrefix("@") { return [host] }
        let machine = address.isEmpty ? host : address
        guard machine.isEmpty || machine == "localhost" || machine == "::1" || machine.hasPrefix("127.") else {
            return []
        }
        return ["/var/run/postgresql", "/tmp"].filter {
            FileManager.default.fileExists(atPath: "\($0)/.s.PGSQL.\(port)")
        }
    }

    private static func resolved(_ parameters: ConnectionParameters) throws -> [ConnectionParameters.Resolved] {
        do {
            return try parameters.resolved()
        } catch {
            throw Failure(error)
        }
    }

    private static func value(_ keyword: String, _ options: [ConnectionParameters.Resolved]) -> String {
        options.first { $0.keyword == keyword }?.value ?? ""
    }
}

extension [String] {
    fileprivate func uniqued() -> [String] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
