// One connection and many tasks: cancellation hits the one statement that it was meant for, and nothing interleaves.

import Glibc
import Postgres
import Sandbox
import TestServers
import Testing

@Suite struct ConcurrencySessionTests {
    private func withConnection(_ body: (TestDatabase, Connection) async throws -> Void) async throws {
        try await TestServer.withDatabase { database in
            let settings = SessionSettings(applicationName: TestServer.uniqueName("session"))
            let connection = try await Connection.open(ConnectionParameters(url: database.url), settings: settings)
            try await body(database, connection)
            await connection.close()
        }
    }

    @Test("300 cancels at random moments hit the statement that was cancelled, and never the next one")
    func randomCancels() async throws {
        try await withConnection { _, connection in
            var cancelled = 0
            for number in 0..<300 {
                let task = Task {
                    try await connection.run { session in
                        try session.row("SELECT \(number)::int AS n, pg_sleep(0.002)").value("n", as: Int.self)
                    }
                }
                let next = Task {
                    try await connection.run { session in
                        // The window in which a cancel that comes too late would strike.
                        try session.row("SELECT \(number)::int AS n, pg_sleep(0.0005)").value("n", as: Int.self)
                    }
                }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...4000)))
                task.cancel()
                switch await task.result {
                case .success(let value): #expect(value == number)
                case .failure(let error):
                    cancelled += 1
                    #expect((error as? PostgresError)?.kind == .cancelled, "\(error)")
                }
                let untouched = try await next.value
                #expect(untouched == number)
            }
            // All or none would mean that the moments were not random at all.
            #expect(cancelled > 10 && cancelled < 300)
            #expect(await connection.isUsable)
        }
    }

    @Test("the statements of two bodies never interleave, however many tasks share the connection")
    func noInterleaving() async throws {
        try await withConnection { database, connection in
            try await database.psql("CREATE TABLE public.steps (id serial, body int, step int)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for body in 0..<30 {
                    group.addTask {
                        try await connection.run { session in
                            for step in 0..<5 {
                                try session.execute(
                                    "INSERT INTO public.steps (body, step) VALUES (\(body), \(step))")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let broken = try await database.psql(
                """
                SELECT count(*) FROM (SELECT body, step, lag(body) OVER w AS last_body, lag(step) OVER w AS last_step
                                      FROM public.steps WINDOW w AS (ORDER BY id)) s
                WHERE step > 0 AND (body, step - 1) IS DISTINCT FROM (last_body, last_step)
                """)
            #expect(broken == "0")
            #expect(try await database.psql("SELECT count(*) FROM public.steps") == "150")
        }
    }

    @Test("a COPY OUT that is cancelled ends, and the connection goes on", arguments: [0, 1, 50, 5000])
    func cancelCopyOut(_ microseconds: Int) async throws {
        try await withConnection { _, connection in
            let started = Journal<Int>()
            let task = Task {
                try await connection.run { session in
                    var count = 0
                    try session.copyOut("COPY (SELECT generate_series(1, 100000000)) TO STDOUT") { _ in
                        if count == 0 { started.add(1) }
                        count += 1
                    }
                }
            }
            try await eventually("rows flow") { !started.all.isEmpty }
            try await Task.sleep(for: .microseconds(microseconds))
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(try await connection.run { try $0.row("SELECT 1 AS one").value("one") } == 1)
        }
    }

    @Test("a COPY IN that is cancelled keeps no row, and the connection goes on", arguments: [0, 1, 50, 5000])
    func cancelCopyIn(_ microseconds: Int) async throws {
        try await withConnection { database, connection in
            try await database.psql("CREATE TABLE public.numbers (n int)")
            let started = Journal<Int>()
            let task = Task {
                try await connection.run { session in
                    try session.copyIn("COPY public.numbers FROM STDIN") { writer in
                        let rows = Array(String(repeating: "1\n", count: 1000).utf8)
                        try writer.write(rows)
                        started.add(1)
                        while true { try writer.write(rows) }
                    }
                }
            }
            try await eventually("rows flow") { !started.all.isEmpty }
            try await Task.sleep(for: .microseconds(microseconds))
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let kept: Int = try await connection.run { session in
                #expect(!session.isInTransaction)
                return try session.row("SELECT count(*) AS n FROM public.numbers").value("n")
            }
            #expect(kept == 0)
        }
    }

    @Test("a COPY IN that never has to wait for its server is cancelled all the same")
    func cancelEagerCopyIn() async throws {
        try await withConnection { database, connection in
            try await database.psql("CREATE TABLE public.lines (line text)")
            let blocks = Journal<Int>()
            let task = Task {
                try await connection.run { session in
                    try session.copyIn("COPY public.lines FROM STDIN") { writer in
                        // More than the writer gathers, so that it goes out; then a pause in which the server takes
                        // all of it. One long row is no work.
                        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 300 * 1024) + [UInt8(ascii: "\n")]
                        for number in 0..<500 {
                            try writer.write(block)
                            blocks.add(number)
                            usleep(10_000)
                        }
                    }
                }
            }
            try await eventually("rows flow") { !blocks.all.isEmpty }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(blocks.all.count < 500)
        }
    }

    @Test("a cancel request that overtakes its statement is sent again: the statement ends all the same")
    func overtaken() async throws {
        let server = try await TestServer.shared()
        try await TCPProxy.withProxy(to: server.port) { proxy in
            let parameters = ConnectionParameters(url: "postgresql://postgres@127.0.0.1:\(proxy.port)/postgres")
            let connection = try await Connection.open(
                parameters, settings: SessionSettings(applicationName: "overtaken"))
            proxy.holdClients()
            let task = Task { try await connection.run { try $0.execute("SELECT pg_sleep(600)") } }
            try await eventually("the statement is on its way") { proxy.isHolding }
            task.cancel()
            try await eventually("the server has heard of the cancellation") { proxy.accepted > 1 && proxy.open == 1 }
            proxy.resume()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled && error?.sqlState == .queryCanceled, "\(String(describing: error))")
            let one = try await connection.run { try $0.row("SELECT 1 AS one").value("one", as: Int.self) }
            #expect(one == 1)
            await connection.close()
        }
    }

    @Test("a cancelled transaction is rolled back, and the connection goes on")
    func cancelledTransaction() async throws {
        try await withConnection { database, connection in
            try await database.psql("CREATE TABLE public.numbers (n int)")
            let started = Journal<Int>()
            let task = Task {
                try await connection.run { session in
                    try session.transaction { session in
                        try session.execute("INSERT INTO public.numbers VALUES (1)")
                        started.add(1)
                        try session.execute("SELECT pg_sleep(600)")
                    }
                }
            }
            try await eventually("the transaction is open") { !started.all.isEmpty }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let kept: Int = try await connection.run { session in
                #expect(!session.isInTransaction)
                return try session.row("SELECT count(*) AS n FROM public.numbers").value("n")
            }
            #expect(kept == 0)
        }
    }

    @Test("cancelling while the connection is busy with somebody else cancels nobody else")
    func cancelWhileQueued() async throws {
        try await withConnection { database, connection in
            let busy = Task {
                try await connection.run { session in
                    try session.execute("SELECT pg_advisory_lock(1)")
                    return try session.row("SELECT 1 AS one, pg_sleep(0.05)").value("one", as: Int.self)
                }
            }
            let queued = (0..<20).map { _ in
                Task { try await connection.run { try $0.execute("SELECT pg_sleep(600)") } }
            }
            for task in queued { task.cancel() }
            for task in queued {
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.kind == .cancelled)
            }
            let untouched = try await busy.value
            #expect(untouched == 1)
        }
    }

    @Test("whoever calls a connection that was closed long ago is told so, every time")
    func closed() async throws {
        try await withConnection { _, connection in
            await connection.close()
            for _ in 0..<50 {
                // Its thread has ended, or is about to: both must answer.
                try await Task.sleep(for: .microseconds(Int.random(in: 0...300)))
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.run { try $0.execute("SELECT 1") }
                }
                #expect(error?.kind == .usage)
                await connection.close()
            }
        }
    }
}
