import Operations
import Postgres
import Storage

/// Writes every large object into a file of its own, out of `pg_largeobject`: a role that may only read is refused by
/// `lo_get`, but not there.
struct LargeObjectCopy: Sendable {
    let objects: [UInt32]
    let folder: String
    let compression: Compression

    /// Bytes of one row of `pg_largeobject`; see ``SourceServer/largeObjectPage``.
    let pageSize: Int64

    func run(_ connection: Connection) async throws {
        guard !objects.isEmpty else { return }
        try await ChunkCompressor.with(compression) { compressor in
            try await connection.run { session in
                var writer = Writer(copy: self, compressor: compressor)
                let pages = ServerText(embedded: PackageResources.large_object_pages_sql)
                var isFirst = true
                try session.copyOut("COPY (\(pages)) TO STDOUT (FORMAT binary)") { message in
                    let start = CopyStream.binaryRowStart(message, isFirst: isFirst)
                    isFirst = false
                    if let start { try writer.write(message.extracting(droppingFirst: start)) }
                }
                try writer.finish()
            }
        }
    }

    /// Goes through the objects in the order of their OIDs, as the pages come.
    private struct Writer {
        let copy: LargeObjectCopy
        let compressor: ChunkCompressor
        var next = 0
        var current: DataFile?
        var currentOID: UInt32 = 0
        var position: Int64 = 0

        mutating func write(_ row: RawSpan) throws {
            var oid: UInt32 = 0
            var page: Int64 = 0
            try CopyStream.fields(row, count: 3) { index, field in
                switch index {
                case 0: oid = try CopyStream.uint32(field)
                case 1: page = Int64(try CopyStream.uint32(field))
                default: break
                }
            }
            guard try open(oid) else { return }
            try pad(to: page * copy.pageSize)
            var written: Int64 = 0
            try CopyStream.fields(row, count: 3) { index, field in
                guard index == 2, let field else { return }
                try compressor.write(field)
                written = Int64(field.byteCount)
            }
            position += written
        }

        /// False for an object that the archive does not know.
        private mutating func open(_ oid: UInt32) throws -> Bool {
            if current != nil, currentOID == oid { return true }
            try close()
            while next < copy.objects.count, copy.objects[next] < oid {
                try begin(copy.objects[next])
                try close()
            }
            guard next < copy.objects.count, copy.objects[next] == oid else { return false }
            try begin(oid)
            return true
        }

        private mutating func begin(_ oid: UInt32) throws {
            next += 1
            let path = "\(copy.folder)/\(LargeObjectIndex.dataFileName(of: oid))\(copy.compression.suffix)"
            let file = try DataFile(creating: path, compression: copy.compression, prefix: [], suffix: [])
            try compressor.begin(0, of: file)
            current = file
            currentOID = oid
            position = 0
        }

        private mutating func close() throws {
            guard let file = current else { return }
            _ = try compressor.finish()
            _ = try file.complete()
            current = nil
        }

        /// A large object may have holes; they read as zeros.
        private mutating func pad(to offset: Int64) throws {
            while position < offset {
                let zeros = [UInt8](repeating: 0, count: Int(min(offset - position, 1 << 16)))
                try compressor.write(zeros)
                position += Int64(zeros.count)
            }
        }

        mutating func finish() throws {
            try close()
            while next < copy.objects.count {
                try begin(copy.objects[next])
                try close()
            }
        }
    }
}
