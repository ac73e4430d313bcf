import DBKit
import Glibc
import TestSupport
import Testing

@Suite("Connection: one thread, one door")
struct ConnectionTests {
    @Test("every body of a connection runs on one thread of its own, however many tasks call")
    func ownThread() async throws {
        try await TestServer.withDatabase { database in
            let first = try await open(database.url)
            let second = try await open(database.url)
            func threads(_ connection: Connection) async throws -> Set<pthread_t> {
                try await withThrowingTaskGroup(of: pthread_t.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            try await connection.run { session in
                                try session.execute("SELECT 1")
                                return pthread_self()
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.insert($1) }
                }
            }
            let threadsOfFirst = try await threads(first)
            let threadsOfSecond = try await threads(second)
            #expect(threadsOfFirst.count == 1)
            #expect(threadsOfSecond.count == 1)
            #expect(threadsOfFirst.isDisjoint(with: threadsOfSecond))
        }
    }

    @Test("sixteen waiting connections leave the process free to work")
    func waitsDoNotStarve() async throws {
        try await TestServer.withDatabase { database in
            let tasks = try await (0..<16).asyncMap { _ in
                let connection = try await open(database.url)
                return Task { try await connection.run { try $0.execute("SELECT pg_sleep(600)") } }
            }
            try await eventually("all sixteen are asleep") {
                try await database.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)'")
                    == "16"
            }
            for task in tasks { task.cancel() }
            for task in tasks {
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.kind == .cancelled)
            }
        }
    }

    @Test("a closed connection says so")
    func closed() async throws {
        try await TestServer.withDatabase { database in
            let connection = try await open(database.url)
            await connection.close()
            await connection.close()
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run { try $0.execute("SELECT 1") }
            }
            #expect(error?.message == "the connection was closed")
            try await eventually("its backend is gone") {
                try await database.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'connection'")
                    == "0"
            }
        }
    }
}

private func open(_ url: String) async throws -> Connection {
    try await Connection.open(ConnectionParameters(url: url), settings: SessionSettings(applicationName: "connection"))
}

extension Sequence {
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
        var result: [T] = []
        for element in self { try await result.append(transform(element)) }
        return result
    }
}
