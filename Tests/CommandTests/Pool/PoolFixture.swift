import DBKit
import Foundation
import TestSupport

/// What the tests of `dbctl pool` share.
enum PoolRun {
    /// `pool VERB`, its document decoded as far as `Data` says.
    static func json<Data: Decodable>(
        _ arguments: [String], on url: String, as type: Data.Type
    ) async throws -> (outcome: DbctlOutcome, document: Document<Data>) {
        let outcome = try await TestSupport.Dbctl.run(
            ["pool"] + arguments + ["--format", "json", "--database-url", url])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return (outcome, try decoder.decode(Document<Data>.self, from: Foundation.Data(outcome.stdout.utf8)))
        } catch {
            throw TestSupportError("\(error)\n\(outcome)")
        }
    }

    struct Document<Data: Decodable>: Decodable {
        struct Problem: Decodable {
            let code: String
            let message: String
            let hint: String?
        }
        let schema: String
        let ok: Bool
        let exit: Int32
        let data: Data?
        let error: Problem?
    }

    static func url(_ server: Sandbox, user: String = "postgres", database: String = "postgres") -> String {
        "postgresql://\(user)@127.0.0.1:\(server.port)/\(database)"
    }

    /// Sessions that do nothing, for as long as the body runs, on a server of one's own.
    ///
    /// - Parameter beside: Others that stay. Whoever else was there has left when the body begins: a backend outlives its
    ///   client by a moment, and would be counted.
    static func holding<T>(
        _ count: Int, _ application: String, on url: String, beside: Int = 0,
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        var opened: [Connection] = []
        for _ in 0..<count {
            let settings = SessionSettings(applicationName: application)
            opened.append(try await Connection.open(ConnectionParameters(url: url), settings: settings))
        }
        let held = opened
        return try await finally {
            try await eventually("only \(count + beside) sessions are there") {
                try await held[0].run { session in
                    let all: Int = try session.row(
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL"
                    ).value("n")
                    return all == count + beside
                }
            }
            return try await body()
        } cleanUp: {
            for connection in held { await connection.close() }
        }
    }
}
