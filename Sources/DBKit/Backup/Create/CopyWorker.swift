import Operations
import Postgres
import Storage

/// Copies pieces of tables into data files, over one session of its own and with one compressor of its own.
struct CopyWorker: Sendable {
    let plan: CopyPlan
    let board: CopyBoard
    /// Where the files are written.
    let folder: String
    /// File name of each table, without the compression suffix.
    let fileNames: [String]
    let encoding: String
    let compression: Compression

    /// Works on a session of its own until nothing is left to begin.
    func run(_ connection: Connection, snapshot: SnapshotID) async throws {
        try await connection.run { session in
            try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY, NOT DEFERRABLE")
            try join(session, snapshot)
            try session.useEncoding(encoding)
        }
        try await ChunkCompressor.with(compression) { compressor in
            while let unit = board.next() {
                let isMine = try await connection.run { session in
                    // The lock goes with the piece: ten thousand of them would fill the server's lock table.
                    try session.undoing { session in
                        guard try lock(session, unit) else { return false }
                        try copy(unit, session, compressor)
                        return true
                    }
                }
                if !isMine { board.handBack(unit) }
            }
        }
    }

    /// A snapshot lives as long as the session that took it: where it is unknown, the server has ended that one, perhaps
    /// with all the others, and this session is from after its restart.
    private func join(_ session: Session, _ snapshot: SnapshotID) throws {
        do throws(PostgresError) {
            try session.importSnapshot(snapshot)
        } catch {
            guard ["22023", "55000"].contains(error.sqlState?.code) else { throw error }
            throw PostgresError(
                .connectionLost, "the session that holds the backup's snapshot has ended: \(error.message)")
        }
    }

    /// Copies, on the session that holds all the locks, what no worker could lock without waiting.
    func runHandedBack(_ holder: Connection) async throws {
        try await ChunkCompressor.with(compression) { compressor in
            try await holder.run { session in try session.useEncoding(encoding) }
            while !board.isFinished {
                if let unit = board.nextForHolder() {
                    try await holder.run { session in try copy(unit, session, compressor) }
                } else {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }

    /// False when somebody waits for ACCESS EXCLUSIVE: queueing behind them would be a deadlock, for they wait for the
    /// lock that the holder keeps until we are done.
    private func lock(_ session: Session, _ unit: CopyPlan.Unit) throws -> Bool {
        let relation = plan.tables[unit.table].relation
        do {
            let name = session.spelled(try relation.identifier)
            try session.execute("LOCK TABLE ONLY \(name) IN ACCESS SHARE MODE NOWAIT")
            return true
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
            return false
        }
    }

    private func copy(_ unit: CopyPlan.Unit, _ session: Session, _ compressor: ChunkCompressor) throws {
        let table = plan.tables[unit.table]
        let file = try board.file(of: unit.table) {
            try DataFile(
                creating: "\(folder)/\(fileNames[unit.table])\(compression.suffix)", compression: compression,
                prefix: table.format == .binary ? CopyStream.binaryHeader : [],
                suffix: table.format == .binary ? CopyStream.binaryTrailer : CopyStream.textTrailer)
        }
        do {
            let (written, checksum, rows) = try copy(session, unit, table, file, compressor)
            try board.deliver(
                unit, name: table.relation.displayName, written: written, checksum: checksum, rows: rows)
        } catch let error as PostgresError {
            throw Failure(error, while: "cannot read table \(table.relation.displayName)")
        }
    }

    private func copy(
        _ session: Session, _ unit: CopyPlan.Unit, _ table: CopyPlan.Table, _ file: DataFile,
        _ compressor: ChunkCompressor
    ) throws -> (WrittenChunk, TableChecksum, Int64) {
        var source = RowCopy(
            schema: table.relation.schema.text, name: table.relation.name.text, columns: table.columns.map(\.name.text),
            format: table.format, condition: table.condition, blocks: unit.blocks)
        var checksum = TableChecksum()
        try compressor.begin(unit.chunk, of: file)
        try session.copyRows(source) { row in
            checksum.add(row)
            try compressor.write(row)
        }
        let rows = checksum.rows
        let written = try compressor.finish()
        if table.checksumFormat != table.format {
            // The binary rows carry OIDs of user types: the checksum that another database can repeat is the text's.
            source.format = table.checksumFormat
            checksum = TableChecksum()
            try session.copyRows(source) { checksum.add($0) }
        }
        return (written, checksum, rows)
    }
}
