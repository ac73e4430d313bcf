// What a load test counts, and when it does not begin, P11.

import Operations
import TestSupport
import Testing

@testable import Triage

@Suite("The histogram of a load test") struct LatencyHistogramTests {
    @Test("a quantile is never below the true one, and at most 1/32 above it", arguments: [1, 7, 99])
    func precision(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var histogram = LatencyHistogram()
        var exact: [UInt64] = []
        for _ in 0..<20_000 {
            // From nanoseconds to minutes.
            let value = UInt64.random(in: 0...(1 << UInt64.random(in: 0...37, using: &generator)), using: &generator)
            histogram.add(value)
            exact.append(value)
        }
        exact.sort()
        for share in [0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let wanted = exact[max(1, Int((Double(exact.count) * share).rounded(.up))) - 1]
            let found = histogram.quantile(share) ?? 0
            #expect(found >= wanted)
            #expect(Double(found - min(found, wanted)) <= Double(wanted) * LatencyHistogram.precision, "\(share)")
        }
        #expect(histogram.longest == exact.last && histogram.count == 20_000)
    }

    @Test("the ends: nothing, one, the least and the largest that there are")
    func ends() {
        var histogram = LatencyHistogram()
        #expect(histogram.quantile(0.5) == nil)
        histogram.add(0)
        #expect(histogram.quantile(0.99) == 0)
        histogram.add(.max)
        #expect(histogram.quantile(1) == .max && histogram.quantile(0.5) == 0)
        for value in 0..<64 as Range<UInt64> {
            var one = LatencyHistogram()
            one.add(value)
            one.add(.max)
            #expect(one.quantile(0.5) == value, "small ones are exact")
        }
    }
}

@Suite("What a load test counts, P11") struct BenchTallyTests {
    @Test("errors by SQLSTATE and code, with the words of the first")
    func errors() {
        var tally = BenchTally()
        let missing = Failure(
            FailureCode("sql.undefined", .refused), "relation \"a\" does not exist", sqlState: "42P01")
        var other = missing
        other.message = "relation \"b\" does not exist"
        let late = Failure(.poolTimeout, "no connection")
        tally.add(
            BenchTally.Batch(attempts: [
                .failed(acquire: 5, missing), .failed(acquire: 6, other), .failed(acquire: nil, late),
                .done(acquire: 7, statement: 8),
            ]))
        tally.add(missing, count: 3)
        #expect(tally.failures.map(\.count) == [5, 1])
        #expect(tally.failures.map(\.sqlstate) == ["42P01", nil])
        #expect(tally.failures.first?.message == missing.message)
        #expect(tally.failed == 6 && tally.transactions == 1)
        #expect(tally.acquire.count == 3 && tally.statement.count == 1)
    }

    @Test("a wait that the end cut off counts as long as it was: who is never served has no short wait")
    func cutOff() {
        var tally = BenchTally()
        tally.add(BenchTally.Batch(attempts: [.done(acquire: 10, statement: 20)]))
        tally.add(BenchTally.Batch(attempts: Array(repeating: .cutOffWaiting(1_000_000), count: 99)))
        tally.add(BenchTally.Batch(attempts: [.cutOffRunning(acquire: 10)]))
        #expect(tally.stillWaiting == 99 && tally.stillRunning == 1 && tally.transactions == 1)
        #expect(tally.acquire.quantile(0.5) == 1_000_000)
        #expect(tally.failed == 0)
    }

    @Test("how many clients would wait a second is said only where enough was measured")
    func estimate() {
        var tally = BenchTally()
        tally.add(BenchTally.Batch(attempts: Array(repeating: .done(acquire: 10_000_000, statement: 1), count: 1000)))
        // 80 wait 10 ms, so that 8,000 wait a second.
        #expect(BenchReport.clientsAtOneSecond(tally, clients: 100, poolSize: 20) == 8020)
        #expect(BenchReport.clientsAtOneSecond(tally, clients: 20, poolSize: 20) == nil, "nobody had to wait")
        tally.add(BenchTally.Batch(attempts: [.cutOffWaiting(1)]))
        #expect(BenchReport.clientsAtOneSecond(tally, clients: 100, poolSize: 20) == nil)
        var few = BenchTally()
        few.add(BenchTally.Batch(attempts: [.done(acquire: 10, statement: 1)]))
        #expect(BenchReport.clientsAtOneSecond(few, clients: 100, poolSize: 20) == nil)
    }
}

@Suite("Room for a load test, P11") struct BenchRoomTests {
    private func room(
        _ used: Int, pool: Int, open: Int = 0, superuser: Bool = false, _ change: (inout Scene) -> Void = { _ in }
    )
        -> BenchRoom
    {
        var scene = Scene(maxConnections: 103)
        scene.add(used)
        change(&scene)
        return BenchRoom(scene.observation, poolSize: pool, open: open, isSuperuser: superuser)
    }

    @Test("20 of 100 ordinary slots have to stay free, with the pool and the one that looks on")
    func fifth() throws {
        #expect(room(30, pool: 49).objections.isEmpty)
        #expect(room(30, pool: 49).ordinaryFree == 20)
        let tight = room(30, pool: 50)
        #expect(tight.objections.count == 1 && tight.ordinaryFree == 19 && tight.largestPool == 49)
        let failure = #expect(throws: Failure.self) { try tight.require() }
        #expect(failure?.category == .guarded && failure?.hint?.contains("--yes") == true)
        #expect(failure?.hint?.contains("--pool-size 49") == true)
        #expect(room(120, pool: 1).largestPool == 0)
    }

    @Test("its own connections that are open already are not the others'")
    func whileOpening() {
        let half = room(30 + 16, pool: 49, open: 16)
        #expect(half.usedByOthers == 30 && half.objections.isEmpty)
        #expect(!room(31 + 16, pool: 49, open: 16).objections.isEmpty)
    }

    @Test("limits of the role and the database count as well, but not for superusers")
    func limits() {
        func limited(_ scene: inout Scene) {
            scene.observation.roles = [RoleLimit(name: "monitor", connectionLimit: 10)]
            scene.add(3, user: "monitor")
        }
        #expect(room(0, pool: 6, limited).objections.isEmpty)
        #expect(room(0, pool: 7, limited).objections.count == 1)
        #expect(room(0, pool: 7, limited).largestPool == 6)
        #expect(room(0, pool: 7, superuser: true, limited).objections.isEmpty)
        let database = room(4, pool: 6) { $0.observation.databases[0].connectionLimit = 10 }
        #expect(database.objections.count == 1 && database.largestPool == 5)
    }
}
