// COPY OUT of one big table to nowhere: how fast rows come through Session.copyOut, against psql.

import DBKit

struct CopyBench: Sendable {
    let server: BenchServer

    func run(_ repetitions: Int) async throws -> Table {
        var table = Table(
            title: "COPY of `prices` to nowhere",
            columns: ["format", "who", "seconds", "client CPU s", "speed against psql COPY TO STDOUT", "target"])
        for format in ["text", "binary"] {
            let copy = "COPY prices TO STDOUT (FORMAT \(format))"
            let samples = try await alternate(
                [
                    Contender(name: "psql -c 'COPY … TO STDOUT' (\(format))") {
                        try await timed(children: true) { try await server.peer("psql", ["-X", "-q", "-c", copy]) }
                    },
                    Contender(name: "psql \\copy … to '/dev/null' (\(format))") {
                        let meta = "\\copy prices to '/dev/null' (format \(format))"
                        return try await timed(children: true) {
                            try await server.peer("psql", ["-X", "-q", "-c", meta])
                        }
                    },
                    Contender(name: "Session.copyOut (\(format))") {
                        try await timed { try await copyOut(copy) }
                    },
                ], repetitions)
            let names = ["`psql -c 'COPY … TO STDOUT'`", "`psql \\copy … to '/dev/null'`", "`Session.copyOut`"]
            let base = median(samples[0].map(\.value))
            for (name, runs) in zip(names, samples) {
                let seconds = median(runs.map(\.value))
                table.rows.append([
                    format, name, rounded(seconds), rounded(median(runs.map(\.processorTime))),
                    rounded(base / seconds), name == names[2] ? "≥ 0.95" : "",
                ])
            }
        }
        return table
    }

    /// Connecting is included, as it is in psql's time.
    private func copyOut(_ copy: String) async throws {
        let connection = try await Connection.open(server.parameters, settings: server.session)
        let bytes = try await connection.run { session in
            var bytes = 0
            try session.copyOut(Query(ServerText(file: copy))) { row in bytes += row.byteCount }
            return bytes
        }
        guard bytes > 0 else { throw BenchError("the table is empty") }
        await connection.close()
    }
}
