import CLibpq

/// libpq's COPY calls.
extension Wire {
    /// What ``nextCopyRow(_:)`` found.
    enum CopyStep { case row, wouldBlock, end, failure }

    /// Hands one CopyData message to `body`, without copying it.
    func nextCopyRow<Failure>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure) -> CopyStep {
        var buffer: UnsafeMutablePointer<CChar>?
        let count = unsafe PQgetCopyData(pointer, &buffer, 1)
        guard count > 0, let bytes = unsafe buffer else {
            return count == 0 ? .wouldBlock : count == -1 ? .end : .failure
        }
        defer { unsafe PQfreemem(bytes) }
        let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(bytes), byteCount: Int(count))
        try body(span)
        return .row
    }

    func putCopyData(_ bytes: RawSpan) throws(PostgresError) {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe PQputCopyData(pointer, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
        }
        // 0 is returned only when memory for the buffer ran out.
        guard result == 1 else { throw lost() }
    }

    /// - Parameter reason: Nil to finish, else what the server reports as the reason of the failure.
    func putCopyEnd(failing reason: String?) throws(PostgresError) {
        guard unsafe PQputCopyEnd(pointer, reason) == 1 else { throw lost() }
    }
}
