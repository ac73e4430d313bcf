import CLibpq

/// The owner of a `PGresult`.
@safe final class Reply {
    enum Status {
        case rows
        case command
        case copyOut
        case copyIn
        case empty
        case failure
    }

    private let pointer: OpaquePointer

    /// Takes ownership.
    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    var status: Status {
        switch unsafe PQresultStatus(pointer) {
        case PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE: .rows
        case PGRES_COMMAND_OK: .command
        case PGRES_COPY_OUT: .copyOut
        case PGRES_COPY_IN: .copyIn
        case PGRES_EMPTY_QUERY: .empty
        // COPY BOTH (replication) is nothing that a session here ever asks for.
        default: .failure
        }
    }

    var rowCount: Int { Int(unsafe PQntuples(pointer)) }
    var columns: [String] {
        (0..<Int(unsafe PQnfields(pointer))).map { unsafe String(cString: PQfname(pointer, Int32($0))) }
    }
    /// `COMMIT`, `INSERT 0 3` …
    var commandTag: String { unsafe String(cString: PQcmdStatus(pointer)) }
    /// Rows that the command touched, 0 for commands that touch none.
    var affected: Int { Int(unsafe String(cString: PQcmdTuples(pointer))) ?? 0 }

    func text(row: Int, column: Int) -> String? {
        let (row, column) = (Int32(row), Int32(column))
        guard unsafe PQgetisnull(pointer, row, column) == 0 else { return nil }
        let length = Int(unsafe PQgetlength(pointer, row, column))
        guard length > 0, let bytes = unsafe PQgetvalue(pointer, row, column) else { return "" }
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: UnsafeRawPointer(bytes), count: length),
            as: UTF8.self
        )
    }

    func error(kind: PostgresError.Kind, statement: String?) -> PostgresError {
        unsafe Reply.error(in: pointer, kind: kind, statement: statement)
    }

    /// Reads an ErrorResponse or NoticeResponse field by field.
    static func error(in result: OpaquePointer, kind: PostgresError.Kind, statement: String?) -> PostgresError {
        func field(_ name: Unicode.Scalar) -> String? {
            guard let text = unsafe PQresultErrorField(result, Int32(name.value)) else { return nil }
            return unsafe String(cString: text)
        }
        // libpq's own failures ("server closed the connection unexpectedly") carry no fields.
        let message = unsafe field("M") ?? String(cString: PQresultErrorMessage(result)).trimmed
        var error = PostgresError(kind, message, sqlState: field("C").map(SQLState.init), hint: field("H"))
        error.severity = field("V") ?? field("S") ?? "ERROR"
        error.detail = field("D")
        error.context = field("W")
        error.routine = field("R")
        error.position = field("P").flatMap { Int($0) }
        error.schema = field("s")
        error.table = field("t")
        error.column = field("c")
        error.dataType = field("d")
        error.constraint = field("n")
        error.statement = statement
        return error
    }
}
