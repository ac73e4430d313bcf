import ArgumentParser
import DBKit

/// `dbctl check`
struct CheckCommand: Verb {
    static let schema = "dbctl.check/1"
    static let isMonitor = true
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Can I connect, and if not, why exactly.",
        discussion: """
            Climbs from the configuration over name, address, TLS, login, database and privileges to a query, and stops \
            at the first rung that fails. Sends a password once at most. With --quiet nothing is printed when all is well, \
            else one line, and the reason on standard error.

            Example: dbctl check --database-url postgresql://app@db1/app
                     dbctl check --explain-url       where each part of the connection comes from; connects to nothing
            Exit codes: 0 OK, 1 WARNING, 2 CRITICAL (no connection: the code says why), 3 UNKNOWN (the configuration or \
            a privilege is missing, or the server is older than 14), 64 bad command line, 130 SIGINT, 143 SIGTERM. Of \
            several targets the worst counts: CRITICAL, then UNKNOWN, then WARNING.
            `dbctl explain CODE` says what a code means.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Flag(help: "Only print the resolved connection and where each part comes from, password masked.")
    var explainURL = false

    func run(_ context: Context) async throws -> CheckReport {
        let server = try context.server()
        let check = ConnectionCheck(
            // With a service in the URL only a connection would know where it leads.
            parameters: (try? server.parametersWithService(environment: context.environment)) ?? server.parameters,
            settings: try context.sessionSettings(),
            connection: server.parts(for: context.environment),
            source: server.source,
            now: context.clock.now
        )
        return explainURL ? check.explain() : try await check.run()
    }
}

extension ResolvedServer {
    /// For the first rung. What libpq cannot read is that rung's failure, and has no parts.
    fileprivate func parts(for environment: [String: String]) -> [ConnectionPart] {
        let parts = (try? parts(environment: environment)) ?? []
        return parts.map { ConnectionPart(keyword: $0.keyword, value: $0.value, origin: $0.origin) }
    }
}
