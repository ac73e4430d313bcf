/// Takes the bytes of a `COPY … FROM STDIN`. Small writes are gathered; the server's pace holds the writer back.
public struct CopyWriter {
    private let session: Session
    private let exchange: Exchange
    private var buffer: [UInt8] = []
    private static let blockBytes = 256 * 1024

    init(session: Session, exchange: Exchange) {
        self.session = session
        self.exchange = exchange
        buffer.reserveCapacity(CopyWriter.blockBytes)
    }

    /// Writes bytes at any boundary: rows need not be whole.
    public mutating func write(_ bytes: RawSpan) throws(PostgresError) {
        guard bytes.byteCount < CopyWriter.blockBytes else {
            try flush()
            var rest = bytes
            while rest.byteCount > 0 {
                let piece = rest.extracting(first: CopyWriter.blockBytes)
                try send(piece)
                rest = rest.extracting(droppingFirst: piece.byteCount)
            }
            return
        }
        if buffer.count + bytes.byteCount > CopyWriter.blockBytes { try flush() }
        unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }

    public mutating func write(_ bytes: [UInt8]) throws(PostgresError) {
        try unsafe write(bytes.span.bytes)
    }

    mutating func flush() throws(PostgresError) {
        guard !buffer.isEmpty else { return }
        try unsafe send(buffer.span.bytes)
        buffer.removeAll(keepingCapacity: true)
    }

    private func send(_ bytes: RawSpan) throws(PostgresError) {
        do throws(PostgresError) {
            if session.interrupt.isRequested { throw PostgresError(.cancelled, "the task was cancelled") }
            try session.wire.putCopyData(bytes)
            // libpq hides a failed write until the server's side of the story was read.
            session.wire.consumeInput()
            if session.wire.isBad { throw session.wire.lost() }
            // Without this libpq would buffer whatever the server does not take yet.
            while try !session.wire.flush() {
                try exchange.wait(forWriting: true)
                if let reason = exchange.stopReason { throw PostgresError(reason, "the COPY was stopped") }
            }
        } catch {
            exchange.didFailToWrite = true
            throw error
        }
    }
}
