// The pool's pure parts: the queue, what is retried, what is evicted, when a life ends.

import TestSupport
import Testing

@testable import Postgres

@Suite struct PoolDecisionTests {
    @Test("the queue serves in the order of joining, whoever leaves, seeded at random", arguments: 1...20)
    func queue(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = WaiterQueue<Int>()
        var model: [(ticket: UInt64, value: Int)] = []
        for value in 0..<3000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5: model.append((queue.join(value), value))
            case 5..<7:
                guard let index = model.indices.randomElement(using: &generator) else { continue }
                let gone = model.remove(at: index)
                let (left, again) = (queue.leave(gone.ticket), queue.leave(gone.ticket))
                #expect(left == gone.value)
                #expect(again == nil)
            case 7..<9:
                let (next, expected) = (queue.next(), model.isEmpty ? nil : model.removeFirst().value)
                #expect(next == expected)
            default:
                let due = queue.leave { $0 % 7 == 0 }
                #expect(due == model.map(\.value).filter { $0 % 7 == 0 })
                model.removeAll { $0.value % 7 == 0 }
            }
            #expect(queue.count == model.count)
        }
        #expect(queue.minimum { $0 } == model.map(\.value).min())
        var rest: [Int] = []
        while let next = queue.next() { rest.append(next) }
        #expect(rest == model.map(\.value))
        #expect(queue.isEmpty)
    }

    @Test(
        "connecting is tried again on 53300, 57P03, refused and timeouts, and on nothing else",
        arguments: [
            (PostgresError(.connect(.startup), "too many clients", sqlState: .tooManyConnections), true),
            (PostgresError(.connect(.startup), "starting up", sqlState: .cannotConnectNow), true),
            (PostgresError(.connect(.network), "connection to … failed: Connection refused"), true),
            (PostgresError(.connect(.network), "… socket … failed: No such file or directory"), true),
            (PostgresError(.connect(.network), "connection to … failed: Connection timed out"), true),
            (PostgresError(.connect(.network), "connection to … failed: No route to host"), false),
            (PostgresError(.connect(.startup), "wrong password", sqlState: SQLState("28P01")), false),
            (PostgresError(.connect(.startup), "no entry", sqlState: SQLState("28000")), false),
            (PostgresError(.connect(.startup), "no database", sqlState: .invalidCatalogName), false),
            (PostgresError(.connect(.startup), "no CONNECT", sqlState: .insufficientPrivilege), false),
            // One host refused, the other did not know the password: what a server has said counts.
            (PostgresError(.connect(.startup), "Connection refused …", sqlState: SQLState("28P01")), false),
            (PostgresError(.connect(.tls), "certificate verify failed"), false),
            (PostgresError(.connect(.nameResolution), "could not translate host name"), false),
            (PostgresError(.connect(.parameters), "invalid port number"), false),
            (PostgresError(.cancelled, "the task was cancelled"), false),
        ]
    )
    func connectRetry(_ error: PostgresError, _ isWorthwhile: Bool) {
        #expect(ConnectRetry.isWorthwhile(error) == isWorthwhile)
    }

    @Test("a connect that ran into its deadline is tried again, however far it came")
    func connectTimeout() {
        for phase in [PostgresError.ConnectPhase.nameResolution, .network, .tls, .startup] {
            var error = PostgresError(.connect(phase), "no session after 10 s")
            error.isTimeout = true
            #expect(ConnectRetry.isWorthwhile(error))
        }
    }

    @Test("a transaction is run again on 40001 and 40P01 only, and never with an unknown outcome")
    func transactionRetry() {
        for state in ["40001", "40P01", "55P03", "40002", "40003", "57P01", "08006", "23505"] {
            var error = PostgresError(.server, "…", sqlState: SQLState(state))
            #expect(TransactionRetry.isSafe(error) == ["40001", "40P01"].contains(state), "\(state)")
            error.isOutcomeUnknown = true
            #expect(!TransactionRetry.isSafe(error))
        }
        #expect(!TransactionRetry.isSafe(PostgresError(.connectionLost, "gone", sqlState: .serializationFailure)))
        #expect(!TransactionRetry.isSafe(CancellationError()))
    }

    @Test("a connection is closed after 08*, 57P01-57P03, 57P05, 25P03, 25P04, and not after ordinary errors")
    func eviction() {
        for state in ["08000", "08003", "08006", "08P01", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04"] {
            let error = PostgresError(.server, "…", sqlState: SQLState(state))
            #expect(Eviction.reason(after: error, isUsable: true, isInTransaction: false) == .lost, "\(state)")
        }
        for state in ["23505", "40001", "57014", "53200", "25P02", "42P01"] {
            let error = PostgresError(.server, "…", sqlState: SQLState(state))
            #expect(Eviction.reason(after: error, isUsable: true, isInTransaction: false) == nil, "\(state)")
        }
        #expect(Eviction.reason(after: nil, isUsable: false, isInTransaction: false) == .lost)
        #expect(Eviction.reason(after: nil, isUsable: true, isInTransaction: true) == .openTransaction)
        #expect(Eviction.reason(after: nil, isUsable: true, isInTransaction: false) == nil)
    }

    @Test("lives end within the last fifth of the lifetime, and not together")
    func lifetime() {
        var generator = SeededGenerator(seed: 7)
        let start = ContinuousClock.now
        let ends = (0..<1000).map { _ in
            Eviction.endOfLife(openedAt: start, lifetime: .seconds(100), jitter: 0.2, using: &generator) - start
        }
        #expect(ends.allSatisfy { $0 >= .seconds(80) && $0 <= .seconds(100) })
        #expect((ends.min() ?? .zero) < .seconds(81))
        #expect((ends.max() ?? .zero) > .seconds(99))
        let exact = Eviction.endOfLife(openedAt: start, lifetime: .seconds(5), jitter: 0, using: &generator)
        #expect(exact == start + .seconds(5))
    }

    @Test("the bound of a backoff doubles up to its cap, and the wait is spread over all of it")
    func backoff() {
        let policy = RetryPolicy(attempts: .max, base: .milliseconds(50), cap: .seconds(2))
        let bounds = (1...8).map { policy.bound(beforeRepetition: $0) / .milliseconds(1) }
        #expect(bounds == [50, 100, 200, 400, 800, 1600, 2000, 2000])
        #expect(policy.bound(beforeRepetition: .max) == .seconds(2))
        var generator = SeededGenerator(seed: 3)
        let waits = (0..<2000).map { _ in policy.wait(beforeRepetition: 6, using: &generator) / .milliseconds(1) }
        #expect(waits.allSatisfy { (0...1600).contains($0) })
        // Full jitter: a quarter of the waits lies in each quarter, give or take.
        for quarter in 0..<4 {
            let part = waits.filter { Int($0 / 400.001) == quarter }.count
            #expect((400...600).contains(part), "\(part) of 2000 in quarter \(quarter)")
        }
    }

    @Test("percentiles of waits are upper bounds, exact to a factor of two, and never beyond the longest")
    func waitTimes() {
        var times = WaitTimes()
        #expect(times.percentile(0.5) == .zero)
        for milliseconds in 1...100 { times.add(.milliseconds(milliseconds)) }
        #expect(times.count == 100)
        #expect(times.longest == .milliseconds(100))
        #expect(times.total == .milliseconds(5050))
        #expect(times.percentile(0.5) >= .milliseconds(50) && times.percentile(0.5) <= .milliseconds(100))
        #expect(times.percentile(0.01) >= .milliseconds(1) && times.percentile(0.01) <= .milliseconds(2))
        #expect(times.percentile(1) == .milliseconds(100))
    }
}
