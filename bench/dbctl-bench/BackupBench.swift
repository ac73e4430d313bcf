// Whole backups and restores of the data set, against the programs that people use today.

import DBKit
import Foundation

struct BackupBench: Sendable {
    let server: BenchServer
    /// Sets and dumps are written here, each over the one before.
    let folder: String
    let jobs = 2

    func run(_ repetitions: Int) async throws -> [Table] {
        [try await backups(repetitions), try await restores(repetitions)]
    }

    // Two processes that read everything as text and keep nothing: what a text backup cannot be faster than.
    private var floor: String {
        """
        psql -XAtqc "SELECT 'COPY ' || oid::regclass || ' TO STDOUT' FROM pg_class WHERE relkind = 'r'
          AND relnamespace = 'public'::regnamespace ORDER BY pg_relation_size(oid) DESC" |
        xargs -d '\\n' -P 2 -I{} psql -Xqc '{}' > /dev/null
        """
    }

    private func backups(_ repetitions: Int) async throws -> Table {
        let commands = [
            ("`pg_dump \\| gzip`", "pg_dump | gzip > x"), ("`pg_dump -Fc`", "pg_dump -Fc -f x"),
            ("`pg_dump -Fd -j2`", "pg_dump -Fd -j2 -f x"),
            ("`pg_dump -Fd -j2 -Z1`", "pg_dump -Fd -j2 -Z1 -f x"),
            ("`pg_dump \\| zstd -T2 -1`", "pg_dump | zstd -q -T2 -1 > x"),
        ]
        let contenders =
            [Contender(name: "floor F") { try await timed { try await shell(floor) } }]
            + [1, 3].map { level in
                Contender(name: "dbctl zstd:\(level)") {
                    try Folder.remove("\(folder)/repo")
                    return try await measured { try await makeSet(.zstd(level: level)) }
                }
            }
            + commands.map { name, command in
                Contender(name: name) {
                    try await shell("rm -rf x")
                    return try await measured {
                        try await shell(command)
                        return "x"
                    }
                }
            }
        let samples = try await alternate(contenders, repetitions)
        let names =
            ["F: two text COPY to nowhere", "**dbctl backup create**, zstd:1", "**dbctl backup create**, zstd:3"]
            + commands.map(\.0)
        let seconds = samples.map { median($0.map(\.value)) }
        let sizes = samples.map { median($0.compactMap { $0.notes["bytes"] }) }
        let best = zip(seconds, sizes).dropFirst(3).min { $0.0 < $1.0 } ?? (.nan, .nan)
        var table = Table(
            title: "Backup of data set M, \(jobs) jobs",
            columns: ["who", "seconds", "MB", "× F", "× fastest peer", "size × fastest peer's", "target"])
        for (index, name) in names.enumerated() {
            let target = index == 1 ? "≤ 0.8 × F, ≤ 0.36 × peer at ≤ 0.82 × its size" : ""
            table.rows.append([
                name, rounded(seconds[index]), sizes[index].isNaN ? "" : rounded(sizes[index] / 1e6),
                rounded(seconds[index] / seconds[0]), rounded(seconds[index] / best.0),
                sizes[index].isNaN ? "" : rounded(sizes[index] / best.1), target,
            ])
        }
        return table
    }

    private func restores(_ repetitions: Int) async throws -> Table {
        let set = try await backup(.zstd(level: 1))
        try await shell("rm -rf dump; pg_dump -Fd -j2 -Z1 -f dump")
        let samples = try await alternate(
            [
                Contender(name: "pg_restore -j2") {
                    try await shell("dropdb --if-exists copy; createdb -T template0 copy")
                    return try await timed { try await shell("pg_restore -Fd -j2 -d copy dump") }
                },
                Contender(name: "dbctl restore") {
                    try await shell("dropdb --if-exists copy")
                    return try await timed { try await restore(set, into: "copy") }
                },
                Contender(name: "dbctl backup drill") {
                    try await shell("dropdb --if-exists copy")
                    return Sample(value: try await drill(set), processorTime: 0)
                },
            ], repetitions)
        let names = ["`pg_restore -Fd -j2`", "**dbctl restore**", "**dbctl backup drill**, time to restore"]
        let targets = ["", "≤ 0.65", "≤ 0.4"]
        let seconds = samples.map { median($0.map(\.value)) }
        var table = Table(
            title: "Restore of data set M, \(jobs) jobs", columns: ["who", "seconds", "× pg_restore -j2", "target"])
        for (index, name) in names.enumerated() {
            table.rows.append([
                name, rounded(seconds[index]), rounded(seconds[index] / seconds[0]), targets[index],
            ])
        }
        return table
    }

    /// Times it, and weighs what it wrote.
    private func measured(_ body: () async throws -> String) async throws -> Sample {
        var place = ""
        var sample = try await timed { place = try await body() }
        let size = try await output("du -sb \(place)")
        sample.notes["bytes"] = Double(size.prefix { $0.isNumber })
        return sample
    }

    /// Into a repository that is empty.
    func backup(_ compression: Compression, of database: String = "postgres") async throws -> String {
        try Folder.remove("\(folder)/repo")
        return try await makeSet(compression, of: database)
    }

    func makeSet(_ compression: Compression, of database: String = "postgres") async throws -> String {
        var request = BackupRequest(
            server: server.parameters.setting("dbname", database), repository: LocalRepository("\(folder)/repo"),
            tools: ClientTools.Search(configured: server.sandbox.binaries.folder, path: ""), run: .make(),
            dbctlVersion: "bench", applicationName: "dbctl-bench")
        request.compression = compression
        request.jobs = jobs
        return try await BackupCreation(request).run().path
    }

    func restore(_ set: String, into database: String) async throws {
        var request = RestoreRequest(source: set, into: database)
        request.creates = true
        request.jobs = jobs
        try await DatabaseRestore(request, on: server.parameters, run: .make())()
    }

    private func drill(_ set: String) async throws -> Double {
        let found = try SetCatalog.resolve(set, in: nil)
        let report = try await SetDrill(
            found, on: .throwaway([server.sandbox.binaries], root: "\(folder)-drill"), jobs: jobs, run: .make())()
        guard report.ok else { throw BenchError("the drill failed: \(report)") }
        return report.restoreDuration
    }

    func shell(_ command: String) async throws {
        _ = try await output(command)
    }

    func output(_ command: String) async throws -> String {
        let bin = server.sandbox.binaries.folder
        return try await Peer.output(
            "/bin/bash", ["-c", "set -eo pipefail; PATH=\(bin):/usr/bin:/bin; \(command)"], server.environment,
            folder: folder)
    }
}
