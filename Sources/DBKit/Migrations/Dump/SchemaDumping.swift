import Operations
public import Postgres
public import Tools

/// Reads the schema of a database through `pg_dump`, without dbctl's own schema.
public struct SchemaDumping: Sendable {
    public var server: ConnectionParameters
    public var tools: ClientTools.Search
    public var applicationName: String
    public var lockTimeout: Duration

    public init(
        server: ConnectionParameters, tools: ClientTools.Search, applicationName: String, lockTimeout: Duration
    ) {
        self.server = server
        self.tools = tools
        self.applicationName = applicationName
        self.lockTimeout = lockTimeout
    }

    /// - Throws: `migrate.direct_url` through a pooler in transaction mode, `backup.tool_missing` where there is no `pg_dump` for this server, `backup.tool_failed` with its words.
    public func read() async throws -> SchemaText {
        var settings = SessionSettings(applicationName: applicationName)
        settings.isReadOnly = true
        let major = try await Connection.with(server, settings: settings) { connection in
            try await connection.run { session in
                guard !session.isPooled else { throw Self.pooled }
                return session.serverVersion.major
            }
        }
        let found = try await ClientTools.find(serverMajor: major, tools)
        let outcome = try await found.dumpDefinitions(
            of: ToolConnection(server, applicationName: applicationName), without: ["dbctl"], lockWait: lockTimeout)
        guard outcome.isSuccess else {
            var failure = outcome.failure("pg_dump --schema-only")
            failure.hint = "migrations are not touched by this; dbctl migrate dump tries again"
            throw failure
        }
        do {
            return try SchemaText(dump: outcome.output)
        } catch {
            throw Failure(.bugUnexpected, "pg_dump's script, line \(error.line): \(error.message)")
        }
    }

    private static var pooled: Failure {
        Failure(
            .migrationDirectURL, "pg_dump needs a session of its own, and this is a pooler in transaction mode",
            detail: "Nothing was changed.",
            hint: "add direct_url to the target in dbctl.yaml, or give a --database-url that goes to the server itself")
    }
}
