// A thousand small migrations, applied by dbctl and by its peers, and how long it takes to ask what is applied.

import DBKit
import Foundation

struct MigrateBench: Sendable {
    let server: BenchServer
    /// The built program: its start counts, too.
    let program: String
    let folder: String

    static let count = 1000

    func run(_ repetitions: Int) async throws -> [Table] {
        try MigrateProjects(folder: folder, server: server).write()
        return [try await upwards(repetitions), try await status(repetitions)]
    }

    /// Each on a database of its own, with nothing but its migrations in it.
    private func contender(_ name: String, _ database: String, _ command: String) -> Contender {
        Contender(name: name) {
            try await shell("dropdb --if-exists \(database); createdb -T template0 \(database)")
            let sample = try await timed(children: true) { try await shell(command) }
            let rows = try await output(
                "psql -XAtq -d \(database) -c \"SELECT count(*) FROM pg_attribute WHERE attname = 'created_at' AND attrelid::regclass::text LIKE 't_%'\""
            )
            guard rows == "\(Self.count / 4)" else { throw BenchError("\(name) did not apply everything: \(rows)") }
            return sample
        }
    }

    private func upwards(_ repetitions: Int) async throws -> Table {
        let samples = try await alternate(
            [
                contender("psql", "by_psql", "psql -X -q -v ON_ERROR_STOP=1 -d by_psql -f psql.sql"),
                contender("dbctl migrate up", "by_dbctl", dbctl("up --quiet")),
                contender("alembic upgrade", "by_alembic", "cd alembic && alembic upgrade head"),
                contender("sqitch deploy", "by_sqitch", "cd sqitch && sqitch deploy --no-verify > /dev/null"),
            ], repetitions)
        let seconds = samples.map { median($0.map(\.value)) }
        let processor = samples.map { median($0.map(\.processorTime)) }
        var table = Table(
            title: "\(Self.count) small migrations, one transaction each with its row of the history",
            columns: ["who", "seconds", "client CPU s", "× psql", "× dbctl", "target"])
        let names = [
            "`psql -f`, one process, the same statements and boundaries", "**dbctl migrate up**",
            "`alembic upgrade head`, a transaction per migration", "`sqitch deploy --no-verify`",
        ]
        let targets = ["", "≤ 2 × psql", "≥ 5 × dbctl", "≥ 5 × dbctl"]
        for (index, name) in names.enumerated() {
            table.rows.append([
                name, rounded(seconds[index]), rounded(processor[index]), rounded(seconds[index] / seconds[0]),
                rounded(seconds[index] / seconds[1]), targets[index],
            ])
        }
        return table
    }

    /// From the start of the process to its end; twenty of each, in turn.
    private func status(_ repetitions: Int) async throws -> Table {
        let commands = [
            ("`dbctl --version`", "\(program) --version > /dev/null", ""),
            ("**dbctl migrate status**", "\(dbctl("status")) > /dev/null", "< 100"),
            ("**dbctl migrate status --format json**", "\(dbctl("status --format json")) > /dev/null", "< 100"),
            ("**dbctl migrate up**, nothing to do", "\(dbctl("up --quiet")) > /dev/null", ""),
            ("`alembic current`", "cd alembic && alembic current > /dev/null 2>&1", ""),
            ("`sqitch status`", "cd sqitch && sqitch status > /dev/null", ""),
        ]
        let samples = try await alternate(
            commands.map { name, command, _ in
                Contender(name: name) { try await timed { try await shell(command) } }
            }, 20)
        var table = Table(
            title: "Asking about \(Self.count) applied migrations, end to end",
            columns: ["who", "least ms", "median ms", "target"])
        for ((name, _, target), samples) in zip(commands, samples) {
            let milliseconds = samples.map { $0.value * 1000 }
            table.rows.append([
                name, rounded(milliseconds.min() ?? .nan), rounded(median(milliseconds)), target,
            ])
        }
        return table
    }

    private func dbctl(_ verb: String) -> String {
        "\(program) migrate \(verb) --dir files --dialect dbctl --no-progress --database-url postgresql:///by_dbctl"
    }

    private func shell(_ command: String) async throws {
        _ = try await output(command)
    }

    private func output(_ command: String) async throws -> String {
        let path = "\(server.sandbox.binaries.folder):/usr/bin:/bin"
        let variables = ["PATH": path, "HOME": folder, "USER": "postgres"].merging(server.environment) { own, _ in own }
        return try await Peer.output("/bin/bash", ["-e", "-o", "pipefail", "-c", command], variables, folder: folder)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
