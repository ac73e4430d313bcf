// What the shape of the data does to backups and restores: one big table against many, many indexes on one, and how much
// memory it all takes at two sizes.

import DBKit
import Foundation

struct ShapeBench: Sendable {
    let backups: BackupBench
    /// The built program: its memory is what counts, not this one's.
    let program: String
    /// The data set's.
    let script: String

    func run(_ repetitions: Int) async throws -> [Table] {
        [
            try await verification(repetitions), try await oneTable(repetitions), try await indexes(repetitions),
            try await clones(repetitions), try await memory(),
        ]
    }

    private func verification(_ repetitions: Int) async throws -> Table {
        let set = try SetCatalog.resolve(try await backups.backup(.zstd(level: 1)), in: nil)
        let bytes = try await measuredBytes(set.folder)
        let samples = try await alternate(
            [
                Contender(name: "verify") {
                    try await timed {
                        let report = try await SetVerification(folder: set.folder, jobs: 1).run()
                        guard report.ok else { throw BenchError("the set is damaged") }
                    }
                },
                Contender(name: "sha256sum -c") {
                    try await timed { try await backups.shell("cd \(set.folder) && sha256sum --quiet -c SHA256SUMS") }
                },
            ], repetitions)
        var table = Table(
            title: "Verification on one core", columns: ["who", "MB of compressed input a second", "target"])
        for (name, index, target) in [("**dbctl backup verify**", 0, "≥ 400"), ("`sha256sum -c`", 1, "")] {
            table.rows.append([name, rounded(bytes / 1e6 / median(samples[index].map(\.value))), target])
        }
        return table
    }

    /// Nine tenths of the rows in one table, against the same rows in ten tables of one size.
    private func oneTable(_ repetitions: Int) async throws -> Table {
        try await backups.shell(
            """
            for d in one many; do dropdb --if-exists $d; createdb -T template0 $d; done
            for i in 1 2 3 4 5 6 7 8 9 10; do
              psql -XAtqc "COPY (SELECT * FROM prices WHERE asset_id % 10 = $i - 1) TO STDOUT (FORMAT binary)" > part.$i
              psql -Xq -d many -c "CREATE TABLE p$i \(Self.columns)" -c "\\copy p$i FROM part.$i (FORMAT binary)"
            done
            psql -Xq -d one -c "CREATE TABLE big \(Self.columns)" -c "CREATE TABLE rest \(Self.columns)"
            for i in 1 2 3 4 5 6 7 8 9; do psql -Xq -d one -c "\\copy big FROM part.$i (FORMAT binary)"; done
            psql -Xq -d one -c "\\copy rest FROM part.10 (FORMAT binary)"
            rm -f part.*
            for d in one many; do psql -Xqd $d -c "VACUUM ANALYZE" -c CHECKPOINT; done
            """)
        let samples = try await alternate(
            ["one", "many"].map { name in
                Contender(name: "rows in \(name)") {
                    try await backups.shell("rm -rf repo")
                    return try await timed { _ = try await backups.makeSet(.zstd(level: 1), of: name) }
                }
            }, repetitions)
        let seconds = samples.map { median($0.map(\.value)) }
        var table = Table(
            title: "Backup of the same rows in one table and in many", columns: ["rows", "seconds", "ratio", "target"])
        table.rows = [
            ["in ten tables", rounded(seconds[1]), "1.000", ""],
            ["90 % in one table", rounded(seconds[0]), rounded(seconds[0] / seconds[1]), "≤ 1.05"],
        ]
        return table
    }

    private static let columns =
        "(asset_id int NOT NULL, date date NOT NULL, open float8 NOT NULL, high float8 NOT NULL, low float8 NOT NULL, "
        + "close float8 NOT NULL, volume bigint NOT NULL, updated_at timestamptz NOT NULL)"

    private func indexes(_ repetitions: Int) async throws -> Table {
        try await backups.shell(
            """
            dropdb --if-exists indexed; createdb -T template0 indexed
            psql -Xq -d indexed -c "CREATE TABLE prices \(Self.columns)"
            psql -XAtqc "COPY prices TO STDOUT (FORMAT binary)" |
              psql -Xq -d indexed -c "\\copy prices FROM pstdin (FORMAT binary)"
            psql -Xq -d indexed -c "ALTER TABLE prices ADD PRIMARY KEY (asset_id, date)" \
              -c "CREATE INDEX ON prices (date)" -c "CREATE INDEX ON prices (updated_at)" \
              -c "CREATE INDEX ON prices (volume, asset_id)" -c "VACUUM ANALYZE" -c CHECKPOINT
            rm -rf dump; pg_dump -d indexed -Fd -j2 -Z1 -f dump
            """)
        let set = try await backups.backup(.zstd(level: 1), of: "indexed")
        let samples = try await alternate(
            [
                Contender(name: "pg_restore -j2, four indexes") {
                    try await backups.shell("dropdb --if-exists copy; createdb -T template0 copy")
                    return try await timed { try await backups.shell("pg_restore -Fd -j2 -d copy dump") }
                },
                Contender(name: "dbctl restore, four indexes") {
                    try await backups.shell("dropdb --if-exists copy")
                    return try await timed { try await backups.restore(set, into: "copy") }
                },
            ], repetitions)
        let seconds = samples.map { median($0.map(\.value)) }
        var table = Table(
            title: "Restore of one big table with four indexes, 2 jobs",
            columns: ["who", "seconds", "× pg_restore -j2", "target"])
        table.rows = [
            ["`pg_restore -Fd -j2`", rounded(seconds[0]), "1.000", ""],
            ["**dbctl restore**", rounded(seconds[1]), rounded(seconds[1] / seconds[0]), "≤ 0.5"],
        ]
        return table
    }

    /// `pgcopydb` copies from server to server and keeps nothing; a backup and its restore are the whole way.
    private func clones(_ repetitions: Int) async throws -> Table {
        let clone =
            "pgcopydb clone --dir pgcopydb --table-jobs 2 --index-jobs 2 --split-tables-larger-than 100MB "
            + "--source \"dbname=postgres\" --target \"dbname=copy\" > /dev/null 2>&1"
        let samples = try await alternate(
            [
                Contender(name: "pgcopydb clone") {
                    try await backups.shell("dropdb --if-exists copy; createdb -T template0 copy; rm -rf pgcopydb")
                    return try await timed { try await backups.shell(clone) }
                },
                Contender(name: "dbctl backup and restore") {
                    try await backups.shell("dropdb --if-exists copy; rm -rf repo")
                    return try await timed {
                        try await backups.restore(try await backups.makeSet(.zstd(level: 1)), into: "copy")
                    }
                },
            ], repetitions)
        let seconds = samples.map { median($0.map(\.value)) }
        var table = Table(title: "From database to database", columns: ["who", "seconds", "× pgcopydb"])
        table.rows = [
            ["`pgcopydb clone`, 2 jobs each, tables split", rounded(seconds[0]), "1.000"],
            ["**dbctl backup create**, then **restore**", rounded(seconds[1]), rounded(seconds[1] / seconds[0])],
        ]
        return table
    }

    /// The most that was ever resident, as the kernel counts it.
    private func memory() async throws -> Table {
        try await backups.shell("dropdb --if-exists tenth; createdb -T template0 tenth")
        try await backups.server.load(script, into: "tenth", part: 0.1)
        var table = Table(
            title: "Memory of the program, 2 jobs, zstd:1",
            columns: ["what", "a tenth of the rows", "all rows", "target"])
        var rows: [(String, [Double])] = [("backup create", []), ("restore", []), ("backup verify", [])]
        for database in ["tenth", "postgres"] {
            let server = "--database-url \"postgresql:///\(database)\" --no-progress --quiet"
            try await backups.shell("rm -rf repo; dropdb --if-exists copy")
            let commands = [
                "backup create --repo repo --jobs 2 --compress zstd:1 \(server)",
                "restore --latest --repo repo --into copy --create --jobs 2 \(server)",
                "backup verify --latest --repo repo --no-progress --quiet",
            ]
            for (index, command) in commands.enumerated() {
                rows[index].1.append(try await peak(command))
            }
        }
        table.rows = rows.map { ["**dbctl \($0)**"] + $1.map { "\(rounded($0 / 1024)) MiB" } + ["≤ 96 MiB, flat"] }
        return table
    }

    /// Of the whole run, in KiB.
    private func peak(_ command: String) async throws -> Double {
        let text = try await backups.output(
            """
            \(program) \(command) > /dev/null & pid=$!; peak=0
            while now=$(awk '/VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null) && [ -n "$now" ]; do
              peak=$now; sleep 0.02
            done
            wait $pid; echo $peak
            """)
        return Double(text.prefix { $0.isNumber }) ?? .nan
    }

    private func measuredBytes(_ folder: String) async throws -> Double {
        Double(try await backups.output("du -sb \(folder)").prefix { $0.isNumber }) ?? .nan
    }
}
