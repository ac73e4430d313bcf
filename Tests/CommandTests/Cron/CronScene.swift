import DBKit
import Foundation
import TestSupport

/// A database, a repository and a folder of feeds that cron/dbctl.yaml is about, with the example's own names.
struct CronScene: Sendable {
    let database: TestDatabase
    let folder: String

    var repository: String { "\(folder)/repo" }

    /// Prices with symbols, and attempts with one partition that is past keeping.
    static let schema = """
        CREATE TABLE assets (id int PRIMARY KEY, symbol text NOT NULL UNIQUE);
        INSERT INTO assets VALUES (1, 'AAA'), (2, 'BBB');
        CREATE TABLE prices (
            asset_id int NOT NULL REFERENCES assets (id), date date NOT NULL, close numeric(12, 4) NOT NULL,
            PRIMARY KEY (asset_id, date));
        CREATE TABLE user_attempts (
            id bigint NOT NULL, attempted_at timestamptz NOT NULL, PRIMARY KEY (id, attempted_at)
        ) PARTITION BY RANGE (attempted_at);
        CREATE TABLE user_attempts_p2020_01 PARTITION OF user_attempts
            FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-02-01 00:00+00');
        INSERT INTO user_attempts VALUES (1, '2020-01-15'), (2, '2020-01-16');
        """

    static func with<T: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: (CronScene) async throws -> T
    ) async throws -> T {
        try await TestServer.withDatabase { database in
            try await database.psql(schema)
            return try await withTemporaryFolder { folder in
                let scene = CronScene(database: database, folder: folder)
                try FileManager.default.createDirectory(atPath: "\(folder)/feeds", withIntermediateDirectories: false)
                try scene.configure(url: database.url)
                try scene.write("PROD_DB_PASSWORD=geheim\n", to: "dbctl.env")
                try scene.deliver()
                return try await body(scene)
            }
        }
    }

    /// cron/dbctl.yaml, on this server and in this folder.
    func configure(url: String) throws {
        try write(try Self.configuration(url: url, repository: repository), to: "dbctl.yaml")
    }

    static func configuration(url: String, repository: String) throws -> String {
        try ScheduledJob.text("dbctl.yaml")
            .replacing(/"postgresql:\/\/app@[^"]*"/, with: "\"\(url)\"")
            .replacing("/var/backups/dbctl", with: repository)
    }

    /// Today's file from the vendor.
    func deliver(_ close: String = "10.5") throws {
        let day = Date.now.formatted(.iso8601.year().month().day())
        try write("symbol,date,Close\nAAA,\(day),\(close)\nBBB,\(day),20\n", to: "feeds/prices.csv")
    }

    func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(file)"))
    }

    /// Where the files lie here.
    private func placed(_ text: String) -> String {
        text.replacing("/etc/dbctl", with: folder).replacing("/var/spool/feeds", with: "\(folder)/feeds")
    }

    /// Runs a job with nothing in its environment but what its scheduler sets.
    func run(_ job: ScheduledJob) async throws -> Program.Outcome {
        let own = URL(fileURLWithPath: DbctlBinary.path).deletingLastPathComponent().path
        var variables = job.variables.map { "\($0.name)=\(placed($0.value))" }
        if let place = variables.firstIndex(where: { $0.hasPrefix("PATH=") }) {
            variables[place] = "PATH=\(own):\(variables[place].dropFirst(5))"
        } else {
            variables.append("PATH=\(own):/usr/bin:/bin")
        }
        let words: [String]
        switch job.command {
        case .shell(let line): words = ["HOME=/", "LOGNAME=dbctl"] + variables + ["/bin/sh", "-c", line]
        // What EnvironmentFile= and secretKeyRef set.
        case .words: words = variables + ["PROD_DB_PASSWORD=geheim"] + job.words.map(placed)
        }
        return try await Program.run("/usr/bin/env", ["-i"] + words, folder: folder)
    }
}
