import DBKit
import TestSupport
import Testing

@Suite("Session: COPY in both directions")
struct SessionCopyTests {
    struct ConsumerFailed: Error {}

    @Test("COPY OUT hands over one row a message, text and binary")
    func rows() async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.t AS SELECT g AS a, 'x' || g AS b FROM generate_series(1, 5000) g")
            var text: [UInt8] = []
            let count = try session.copyOut("COPY public.t TO STDOUT") { append($0, to: &text) }
            #expect(count == 5000)
            #expect(text.filter { $0 == UInt8(ascii: "\n") }.count == 5000)
            #expect(text.starts(with: Array("1\tx1\n2\tx2\n".utf8)))
            var sizes: [Int] = []
            try session.copyOut("COPY public.t TO STDOUT (FORMAT binary)") { sizes.append($0.byteCount) }
            // The header is glued to the first row, the trailer is a message of its own.
            #expect(sizes.count == 5001)
            #expect(sizes.first == 35)
            #expect(sizes.last == 2)
        }
    }

    @Test("what goes in comes out again, cut at any byte")
    func roundTrip() async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.t (a int, b text)")
            var input: [UInt8] = []
            for number in 0..<20_000 { input += Array("\(number)\tλ\(number)\n".utf8) }
            var generator = SystemRandomNumberGenerator()
            let stored = try session.copyIn("COPY public.t FROM STDIN") { writer in
                var rest = input[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...600_000, using: &generator) >> Int.random(in: 0...16))
                    try writer.write(Array(piece))
                    rest = rest.dropFirst(piece.count)
                }
            }
            #expect(stored == 20_000)
            var output: [UInt8] = []
            try session.copyOut("COPY (SELECT * FROM public.t ORDER BY a) TO STDOUT") { append($0, to: &output) }
            #expect(output == input)
        }
    }

    @Test("rows are read one by one beside another session's COPY, on one thread; whatever ends one leaves the other")
    func beside() async throws {
        try await TestServer.withDatabase { database in
            try await Connection.with(database.parameters, settings: SessionSettings(applicationName: "dbctl test")) {
                connection in
                try await connection.run { session in
                    try session.execute("CREATE TABLE public.t (a int)")
                    let other = try session.openBeside(database.parameters)
                    var reader = try other.beginCopyOut("COPY (SELECT generate_series(1, 50000)) TO STDOUT")
                    let stored = try session.copyIn("COPY public.t FROM STDIN") { writer in
                        while try reader.next({ row in try writer.write(row) }) {}
                    }
                    #expect(stored == 50_000 && reader.count == 50_000)
                    #expect(try !reader.next { _ in })
                    try expectUsable(other)
                    reader = try other.beginCopyOut("COPY (SELECT generate_series(1, 3000000)) TO STDOUT")
                    #expect(throws: ConsumerFailed.self) { _ = try reader.next { _ in throw ConsumerFailed() } }
                    try expectUsable(other)
                    try expectUsable(session)
                    reader = try other.beginCopyOut("COPY (SELECT generate_series(1, 30000000)) TO STDOUT")
                    #expect(try reader.next { _ in })
                    try session.execute("SELECT pg_terminate_backend(\(Int(other.backendPID)))")
                    let lost = #expect(throws: PostgresError.self) { while try reader.next({ _ in }) {} }
                    #expect(lost?.kind == .connectionLost && !other.isUsable)
                    try expectUsable(session)
                }
            }
        }
    }

    @Test("who cancels a body cancels what it reads beside, too")
    func cancelledBeside() async throws {
        try await TestServer.withDatabase { database in
            try await Connection.with(database.parameters, settings: SessionSettings(applicationName: "dbctl test")) {
                connection in
                let isReading = Flag()
                let task = Task {
                    try await connection.run { session in
                        let other = try session.openBeside(database.parameters)
                        var reader = try other.beginCopyOut(
                            "COPY (SELECT pg_sleep(0.01) FROM generate_series(1, 1000000)) TO STDOUT")
                        while try reader.next({ _ in isReading.set() }) {}
                    }
                }
                try await eventually("it reads") { isReading.isSet }
                task.cancel()
                let failure = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(failure?.kind == .cancelled)
            }
        }
    }

    @Test("a consumer that fails ends the COPY with its own error, and the session goes on")
    func failingConsumer() async throws {
        try await withSession { session in
            var seen = 0
            #expect(throws: ConsumerFailed.self) {
                try session.copyOut("COPY (SELECT generate_series(1, 3000000)) TO STDOUT") { _ in
                    seen += 1
                    if seen == 1000 { throw ConsumerFailed() }
                }
            }
            #expect(seen == 1000)
            try expectUsable(session)
        }
    }

    @Test("a producer that fails leaves no row behind, and the session goes on")
    func failingProducer() async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.t (a int)")
            #expect(throws: ConsumerFailed.self) {
                try session.copyIn("COPY public.t FROM STDIN") { writer in
                    try writer.write(Array("1\n2\n".utf8))
                    throw ConsumerFailed()
                }
            }
            #expect(try scalar(session, "SELECT count(*) AS n FROM public.t") == 0)
            // Whatever the moment at which the server hears of it.
            for _ in 0..<300 {
                #expect(throws: ConsumerFailed.self) {
                    try session.copyIn("COPY public.t FROM STDIN") { _ in throw ConsumerFailed() }
                }
                try expectUsable(session)
            }
        }
    }

    @Test("bad rows come back as the server's error with the line in its context")
    func badRows() async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.t (a int)")
            let error = #expect(throws: PostgresError.self) {
                try session.copyIn("COPY public.t FROM STDIN") { try $0.write(Array("1\nzwei\n3\n".utf8)) }
            }
            #expect(error?.sqlState == SQLState("22P02"))
            #expect(error?.context?.contains("line 2") == true)
            #expect(try scalar(session, "SELECT count(*) AS n FROM public.t") == 0)
        }
    }

    @Test("a COPY that cannot start is the server's error, and the session goes on")
    func cannotStart() async throws {
        try await withSession { session in
            let out = #expect(throws: PostgresError.self) {
                try session.copyOut("COPY public.absent TO STDOUT") { _ in }
            }
            #expect(out?.sqlState == .undefinedTable)
            let other = #expect(throws: PostgresError.self) {
                try session.copyIn("COPY public.absent FROM STDIN") { _ in }
            }
            #expect(other?.sqlState == .undefinedTable)
            #expect(throws: PostgresError.self) { try session.copyOut("SELECT 1") { _ in } }
            try expectUsable(session)
        }
    }

    private func append(_ span: RawSpan, to bytes: inout [UInt8]) {
        unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
}
