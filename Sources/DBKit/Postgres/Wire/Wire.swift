import CLibpq
import Glibc

/// The one owner of a `PGconn`: libpq's non-blocking calls, one Swift method each, and no policy.
///
/// Not Sendable: a connection belongs to one thread at a time.
@safe final class Wire {
    let pointer: OpaquePointer
    private let notices = NoticeBox()

    /// Takes ownership.
    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
        let box = unsafe Unmanaged.passUnretained(notices).toOpaque()
        _ = unsafe PQsetNoticeReceiver(pointer, { unsafe NoticeBox.receive($0, $1) }, box)
    }

    deinit {
        unsafe PQfinish(pointer)
    }

    var socket: Int32 { unsafe PQsocket(pointer) }
    var backendPID: Int32 { unsafe PQbackendPID(pointer) }
    var serverVersion: ServerVersion { ServerVersion(number: Int(unsafe PQserverVersion(pointer))) }
    var isBad: Bool { unsafe PQstatus(pointer) == CONNECTION_BAD }
    var isBusy: Bool { unsafe PQisBusy(pointer) == 1 }
    var isInTransaction: Bool {
        let status = unsafe PQtransactionStatus(pointer)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE
    }
    var hasFailedTransaction: Bool { unsafe PQtransactionStatus(pointer) == PQTRANS_INERROR }
    var usesTLS: Bool { unsafe PQsslInUse(pointer) == 1 }
    var errorMessage: String { unsafe String(cString: PQerrorMessage(pointer)).trimmed }

    var onNotice: ((PostgresError) -> Void)? {
        get { notices.receiver }
        set { notices.receiver = newValue }
    }

    /// Why the server ends the session, where it says so in a WARNING and no error follows: after a crash of another
    /// process, and at an immediate shutdown.
    var lastWords: PostgresError? { notices.lastWords }

    func parameterStatus(_ name: String) -> String? {
        guard let value = unsafe PQparameterStatus(pointer, name) else { return nil }
        return unsafe String(cString: value)
    }

    func setNonBlocking() {
        _ = unsafe PQsetnonblocking(pointer, 1)
    }

    func makeCancelHandle() -> CancelHandle {
        unsafe CancelHandle(pointer)
    }

    /// The extended protocol: exactly one statement, values apart from it.
    func send(_ query: Query) throws(PostgresError) {
        try refuseNUL(query)
        let sent = unsafe withCStrings(query.binds) { values in
            unsafe Wire.terminated(query).withUnsafeBufferPointer { text in
                unsafe PQsendQueryParams(pointer, text.baseAddress, Int32(values.count), nil, values, nil, nil, 0)
            }
        }
        guard sent == 1 else { throw lost() }
    }

    /// The simple protocol: several statements, no values.
    func sendScript(_ query: Query) throws(PostgresError) {
        try refuseNUL(query)
        let sent = unsafe Wire.terminated(query).withUnsafeBufferPointer { text in
            unsafe PQsendQuery(pointer, text.baseAddress)
        }
        guard sent == 1 else { throw lost() }
    }

    private static func terminated(_ query: Query) -> [CChar] {
        (query.raw ?? Array(query.text.utf8)).map { CChar(bitPattern: $0) } + [0]
    }

    /// True when everything is with the kernel.
    func flush() throws(PostgresError) -> Bool {
        let result = unsafe PQflush(pointer)
        guard result >= 0 else { throw lost() }
        return result == 0
    }

    /// Failures are ignored: `nextResult()` reports them, with the server's last words if it said any.
    func consumeInput() {
        _ = unsafe PQconsumeInput(pointer)
    }

    /// Nil when the exchange is over. Must not be called while ``isBusy``.
    func nextResult() -> Reply? {
        guard let result = unsafe PQgetResult(pointer) else { return nil }
        return unsafe Reply(result)
    }

    func lost() -> PostgresError {
        PostgresError(isBad ? .connectionLost : .usage, errorMessage)
    }

    private func refuseNUL(_ query: Query) throws(PostgresError) {
        // libpq takes C strings: what follows a NUL would silently be cut off.
        guard !query.text.utf8.contains(0) else { throw PostgresError(.usage, "the statement contains a NUL byte") }
        for (index, value) in query.binds.enumerated() where value?.utf8.contains(0) == true {
            throw PostgresError(.usage, "value $\(index + 1) contains a NUL byte, which PostgreSQL cannot store")
        }
    }
}

/// Where libpq's C callback finds the Swift closure.
@safe private final class NoticeBox {
    var receiver: ((PostgresError) -> Void)?
    var lastWords: PostgresError?

    static func receive(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
        guard let context = unsafe context, let result = unsafe result else { return }
        let box = unsafe Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue()
        let notice = unsafe Reply.error(in: result, kind: .server, statement: nil)
        if let state = notice.sqlState, PostgresError.endsSession(state) { box.lastWords = notice }
        box.receiver?(notice)
    }
}
