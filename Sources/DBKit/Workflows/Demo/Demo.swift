import Backup
import Indexes
import Migrations
public import Operations
import Postgres
import Refresh
public import Sandbox
import Storage
public import Tools

/// The whole story on a throwaway server: a database is made by migrations, filled, refreshed and put back, indexed, given
/// the partitions of its future, backed up, damaged, restored and compared; then an application takes all connections, and
/// whoever is in the way is found and ended.
///
/// Nothing outside the sandbox is touched, and nothing of it stays.
public struct Demo: Sendable {
    public struct Request: Sendable {
        public var binaries: ServerBinaries
        public var sandbox: SandboxOptions
        public var tools: ClientTools.Search
        /// Whose command and arguments give way to those of the step that is told.
        public var run: OperationLog.Run
        public var version: String
        public var applicationName: String
        public var progress: any ProgressSink

        public init(
            binaries: ServerBinaries, sandbox: SandboxOptions, tools: ClientTools.Search, run: OperationLog.Run,
            version: String, applicationName: String, progress: any ProgressSink
        ) {
            self.binaries = binaries
            self.sandbox = sandbox
            self.tools = tools
            self.run = run
            self.version = version
            self.applicationName = applicationName
            self.progress = progress
        }
    }

    let request: Request

    public init(_ request: Request) {
        self.request = request
    }

    public func run() async throws -> DemoReport {
        var story = DemoStory(serverVersion: request.binaries.version, progress: request.progress)
        let sandbox = try await story.tell(
            "started a throwaway PostgreSQL \(request.binaries.version)", "dbctl sandbox start"
        ) {
            try await Sandbox.start(options, binaries: request.binaries)
        }
        do {
            try await tell(&story, on: sandbox)
        } catch {
            try? await sandbox.stop()
            throw error
        }
        try await story.tell("removed the server and everything on it", "dbctl sandbox stop") {
            try await sandbox.stop()
        }
        return story.finished()
    }

    private func tell(_ story: inout DemoStory, on sandbox: Sandbox) async throws {
        let server = ConnectionParameters(url: sandbox.url)
        let demo = server.setting("dbname", "demo")
        let restored = server.setting("dbname", "demo_restored")
        try await story.tell("created the database “demo”", nil) { try await createDatabase("demo", on: server) }
        let schema = try await story.tell("applied its migrations", "dbctl migrate up --dir migrations") {
            try await migrate(demo)
        }
        story.amend(
            "applied \(schema.applied.count) migrations, each with its row of the history in one transaction: "
                + "\(schema.applied.map(\.name).joined(separator: ", "))")
        try await story.tell("filled it: prices, users, messages, 24 partitions of attempts", nil) {
            try await fill(demo)
        }
        try await refresh(&story, demo, sandbox)
        try await index(&story, demo)
        try await partition(&story, demo, sandbox)
        let before = try await story.tell("counted and hashed every row", nil) {
            try await DemoTables.read(demo, settings: settings())
        }
        let backup = try await story.tell("backed it up", "dbctl backup create --repo /var/backups/dbctl") {
            try await BackupCreation(backupRequest(demo, sandbox)).run()
        }
        story.amend(
            "backed up \(before.rows) rows in \(backup.tables) tables: \(backup.plainBytes / 1_000_000) MB as "
                + "\(backup.sizeBytes / 1_000_000) MB, every byte read back and verified")
        try await story.tell("DISASTER: somebody typed DROP TABLE prices CASCADE", nil) {
            try await destroy(demo)
        }
        let path = backup.path
        try await story.tell(
            "restored the set into “demo_restored”", "dbctl restore --latest --into demo_restored --create"
        ) {
            var restore = RestoreRequest(source: path, into: "demo_restored")
            restore.creates = true
            let job = DatabaseRestore(restore, on: server, run: request.run.id, progress: request.progress, wait: .zero)
            _ = try await job()
        }
        let after = try await story.tell("counted and hashed every row again", nil) {
            try await DemoTables.read(restored, settings: settings())
        }
        story.compare(before, after)
        try await exhaust(&story, restored)
    }

    /// Few connections, so that an application of a believable size can take them all.
    private var options: SandboxOptions {
        var options = request.sandbox
        options.settings["max_connections"] = "24"
        return options
    }

    func settings() -> SessionSettings {
        SessionSettings(applicationName: request.applicationName)
    }

    func backupRequest(_ server: ConnectionParameters, _ sandbox: Sandbox) -> BackupRequest {
        // Inside the sandbox's folder, so that it goes with it, whatever happens to this process.
        let repository = LocalRepository("\(sandbox.record.folder)/backups")
        return BackupRequest(
            server: server, repository: repository, tools: request.tools, run: request.run.id,
            dbctlVersion: request.version, applicationName: request.applicationName)
    }

    private func createDatabase(_ name: String, on server: ConnectionParameters) async throws {
        try await withSession(server) { session in
            try session.execute("CREATE DATABASE \(identifier(name)) TEMPLATE template0")
        }
    }

    /// As `dbctl migrate up` does it, with the files that the binary carries.
    private func migrate(_ server: ConnectionParameters) async throws -> MigrationReport {
        var run = request.run
        (run.command, run.arguments) = ("migrate up", ["--dir", "migrations"])
        let up = MigrateUp(
            MigrationRequest(server: server, run: run, applicationName: request.applicationName),
            folder: try DemoSchema.folder())
        let report = try await up.run()
        if let failure = report.failure { throw failure }
        return report
    }

    private func fill(_ server: ConnectionParameters) async throws {
        try await withSession(server) { session in
            try session.script(ServerText(embedded: PackageResources.demo_fill_sql))
        }
    }

    private func destroy(_ server: ConnectionParameters) async throws {
        try await withSession(server) { session in
            try session.execute("DROP TABLE \(identifier("public", "prices")) CASCADE")
        }
    }

    private func withSession(
        _ server: ConnectionParameters, _ body: @Sendable (Session) throws -> Void
    ) async throws {
        try await Connection.with(server, settings: settings()) { try await $0.run(body) }
    }
}
