import Operations
import Postgres

/// Copies the rows of a range as they are at one moment, in pieces of the default partition, each a transaction of its own.
struct DrainCopy: Sendable {
    let request: PartitionRequest
    let queue: DrainQueue
    let columns: DrainColumns
    let child: SQLFragment

    private static let blocks: Int64 = 1024

    func run() async throws {
        var settings = request.settings
        settings.idleInTransactionTimeout = .zero
        try await Connection.with(request.server, settings: settings) { holder in
            let (snapshot, size) = try await holder.run { session in
                try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                let size: Int64 = try session.row(
                    "SELECT pg_catalog.pg_relation_size(\(queue.fallback.oid)::bigint::oid) / current_setting('block_size')::bigint AS blocks"
                ).value("blocks")
                return (try session.exportSnapshot(), size)
            }
            try await Connection.with(request.server, settings: request.settings) { copier in
                // What was noted before this moment is part of what is copied.
                try await copier.run { session in
                    try within(snapshot, session) { _ = try $0.execute("DELETE FROM \(try queue.sql)") }
                }
                for first in stride(from: 0, through: size, by: Int64.Stride(Self.blocks)) {
                    try await copier.run { session in
                        try within(snapshot, session) { try copy(from: first, $0) }
                    }
                    request.progress.report(
                        Progress(
                            phase: "drain", done: min(first + Self.blocks, size), total: size, unit: .items,
                            note: queue.check.text))
                }
            }
        }
    }

    private func within(_ snapshot: SnapshotID, _ session: Session, _ body: (Session) throws -> Void) throws {
        try session.transaction(TransactionMode(isolation: .repeatableRead)) { session in
            try session.importSnapshot(snapshot)
            try body(session)
        }
    }

    private func copy(from first: Int64, _ session: Session) throws {
        let (low, high) = ("(\(first),0)", "(\(first + Self.blocks),0)")
        try session.execute(
            """
            INSERT INTO \(child) (\(columns.list)) SELECT \(columns.list) FROM ONLY \(try queue.fallback.sql())
            WHERE ctid >= \(low)::tid AND ctid < \(high)::tid AND \(try queue.check.inside)
            """)
    }
}
