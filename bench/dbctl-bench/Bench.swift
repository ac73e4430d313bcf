// Measures DBKit against its peers: builds the data, alternates, and prints medians and ratios.
//
// Only ratios of one run count: both sides share the machine and its weather. The processor time of the client is
// shown beside the wall clock, because it says the same thing on a busy machine.

import ArgumentParser
import DBKit
import Foundation

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dbctl-bench",
        abstract: "Measure DBKit against its peers, alternating, on a throwaway server.",
        discussion: "Example: bench/run --scale 0.1 --repetitions 5 --only copy\nExit codes: 0 measured, 1 failed."
    )

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case copy, select, backup, shape, migrate, refresh, index, partition, convert, pool
    }

    @Option(
        help:
            "Share of data set M to build (1 is 2.4 GB), of a million rows to refresh, of ten million to index and to convert, and of 100,000 partitions."
    )
    var scale = 0.1
    @Option(help: "How often each is measured; the median counts.") var repetitions = 3
    @Option(help: "Seconds for each measurement of a rate.") var seconds = 5
    @Option(help: "Only these parts (default: all).") var only: [Part] = []
    @Option(help: "Where the table goes.") var results = "bench/RESULTS.md"
    @Option(help: "The data set's script.") var data = "bench/data.sql"

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let binaries = try ServerBinaries.choose(
            major: nil, from: try await ServerBinaries.installed(searchPath: environment["PATH"] ?? ""))
        var options = SandboxOptions(root: "/tmp/dbctl-bench-\(ProcessInfo.processInfo.processIdentifier)")
        options.settings = [
            "max_connections": "150", "shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "1h",
            "autovacuum": "off", "jit": "off",
        ]
        let sandbox = try await Sandbox.start(options, binaries: binaries)
        do {
            let server = BenchServer(sandbox: sandbox, scale: scale)
            let parts = only.isEmpty ? Part.allCases : only
            if !Set(parts).isSubset(of: [.select, .migrate, .refresh, .index, .partition, .convert, .pool]) {
                try await server.load(data)
            }
            let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/dbctl"
            var tables: [Table] = []
            if parts.contains(.copy) { tables += [try await CopyBench(server: server).run(repetitions)] }
            if parts.contains(.select) {
                tables += [try await SelectBench(server: server, seconds: seconds).run(repetitions)]
            }
            if parts.contains(.backup) {
                tables += try await inFolder {
                    try await BackupBench(server: server, folder: $0).run(repetitions)
                }
            }
            if parts.contains(.shape) {
                tables += try await inFolder {
                    let backups = BackupBench(server: server, folder: $0)
                    return try await ShapeBench(backups: backups, program: program, script: data).run(repetitions)
                }
            }
            if parts.contains(.migrate) {
                tables += try await inFolder {
                    try await MigrateBench(server: server, program: program, folder: $0).run(repetitions)
                }
            }
            if parts.contains(.refresh) {
                tables += try await inFolder {
                    try await RefreshBench(server: server, program: program, folder: $0).run(repetitions)
                }
            }
            if parts.contains(.convert) {
                tables += try await ConvertBench(server: server, program: program).run(repetitions)
            }
            if parts.contains(.index) {
                tables += try await IndexBench(server: server, program: program).run(repetitions)
            }
            if parts.contains(.partition) {
                tables += try await inFolder {
                    try await PartitionBench(server: server, program: program, folder: $0).run(repetitions)
                }
            }
            try await sandbox.stop()
            if parts.contains(.pool) {
                tables += try await TriageBench(binaries: binaries, program: program).run(repetitions)
            }
            try report(tables, binaries)
        } catch {
            try await sandbox.stop()
            throw error
        }
    }

    /// On the disk that the server is on, too.
    private func inFolder(_ body: (String) async throws -> [Table]) async throws -> [Table] {
        let folder = "/tmp/dbctl-bench-sets-\(ProcessInfo.processInfo.processIdentifier)"
        try Folder.create(folder)
        do {
            let tables = try await body(folder)
            try Folder.remove(folder)
            return tables
        } catch {
            try Folder.remove(folder)
            throw error
        }
    }

    private func report(_ tables: [Table], _ binaries: ServerBinaries) throws {
        let arguments = CommandLine.arguments.dropFirst().joined(separator: " ")
        let text = """
            # Results

            `bench/run \(arguments)` on \(ProcessInfo.processInfo.activeProcessorCount) cores, PostgreSQL \
            \(binaries.version), scale \(scale), median of \(repetitions), alternating, over the unix socket. \
            Load average at the end: \(try String(contentsOfFile: "/proc/loadavg", encoding: .utf8).prefix(4)).


            """ + tables.map(\.markdown).joined(separator: "\n")
        print(text)
        try text.write(toFile: results, atomically: true, encoding: .utf8)
    }
}

/// The server under measurement, reached over its socket by both sides.
struct BenchServer: Sendable {
    let sandbox: Sandbox
    let scale: Double

    var parameters: ConnectionParameters {
        ConnectionParameters(url: "host=\(sandbox.folder) port=\(sandbox.port) user=postgres dbname=postgres")
    }

    var session: SessionSettings {
        var settings = SessionSettings(applicationName: "dbctl-bench")
        settings.searchPath = "public"
        return settings
    }

    var environment: [String: String] {
        ["PGHOST": sandbox.folder, "PGPORT": "\(sandbox.port)", "PGUSER": "postgres", "PGDATABASE": "postgres"]
    }

    func load(_ script: String, into database: String = "postgres", part: Double = 1) async throws {
        FileHandle.standardError.write(Data("building the data set at scale \(scale * part) …\n".utf8))
        try await peer("psql", ["-X", "-q", "-d", database, "-v", "scale=\(scale * part)", "-f", script])
    }

    func peer(_ program: String, _ arguments: [String]) async throws {
        try await Peer.run(sandbox.binaries.program(program), arguments, environment)
    }
}
