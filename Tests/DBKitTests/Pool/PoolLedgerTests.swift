// The pool's book, event by event, without a server and without a clock.

import Testing

@testable import Postgres

@Suite struct PoolLedgerTests {
    /// Connections and waiters are numbers; the clock is turned by hand.
    struct Desk {
        var ledger: PoolLedger<Int, Int>
        var now = ContinuousClock.now
        private var lastMember = 0

        init(_ settings: PoolSettings) {
            ledger = PoolLedger(settings)
        }

        mutating func wait(_ waiter: Int, timeout: Duration = .seconds(30)) -> [String] {
            say(ledger.wait(waiter, site: AcquireSite(fileID: "t", line: waiter), timeout: timeout, now: now).actions)
        }

        mutating func open(lifetime: Duration = .seconds(3600)) -> [String] {
            lastMember += 1
            return say(ledger.didOpen(lastMember, endOfLife: now + lifetime, now: now))
        }

        mutating func fail(_ state: String, mayRetry: Bool) -> [String] {
            let error = PostgresError(.connect(.startup), "no", sqlState: SQLState(state))
            return switch ledger.didFailToOpen(error, mayRetry: mayRetry, now: now) {
            case .tryAgain: ["try again"]
            case .giveUp(let actions): say(actions)
            }
        }

        mutating func giveBack(_ lease: UInt64, _ eviction: Eviction? = nil) -> [String] {
            say(ledger.giveBack(lease, eviction, now: now))
        }

        func say(_ actions: [PoolLedger<Int, Int>.Action]) -> [String] {
            actions.map { action in
                switch action {
                case .open: "open"
                case .check(let stock): "check \(stock.member)"
                case .grant(let waiter, let grant): "grant \(grant.member) to \(waiter)"
                case .refuse(let waiter, let error): "refuse \(waiter): \(reason(error))"
                case .close(let member, let reason): "close \(member): \(reason)"
                case .report(let leak): "report \(leak.kind) \(leak.site.line)"
                }
            }
        }

        private func reason(_ error: any Error) -> String {
            (error as? PoolError).map { "\($0.kind)" } ?? (error as? PostgresError)?.sqlState?.code ?? "?"
        }
    }

    /// `#expect` evaluates its parts on copies, so an event has to happen before it.
    private func expect(
        _ actions: [String], _ wanted: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(actions == wanted, sourceLocation: sourceLocation)
    }

    @Test("the first connection is opened alone; once it stands, all that are needed are opened at once")
    func probing() {
        var desk = Desk(PoolSettings(maximum: 3))
        expect(desk.wait(1), ["open"])
        expect(desk.wait(2), [])
        expect(desk.wait(3), [])
        expect(desk.wait(4), [])
        expect(desk.open(), ["grant 1 to 1", "open", "open"])
        expect(desk.open(), ["grant 2 to 2"])
        expect(desk.open(), ["grant 3 to 3"])
        #expect(desk.ledger.counts == PoolCounts(total: 3, active: 3, waiting: 1))
    }

    @Test("what comes back goes to the first who waits, also from the overflow, which is closed when nobody does")
    func handOver() {
        var desk = Desk(PoolSettings(maximum: 1, overflow: 1))
        expect(desk.wait(1), ["open"])
        expect(desk.open(), ["grant 1 to 1"])
        expect(desk.wait(2), ["open"])
        expect(desk.open(), ["grant 2 to 2"])
        expect(desk.wait(3), [])
        expect(desk.wait(4), [])
        expect(desk.giveBack(2), ["grant 2 to 3"])
        expect(desk.giveBack(1), ["grant 1 to 4"])
        expect(desk.giveBack(3), ["close 2: overflow"])
        expect(desk.giveBack(4), [])
        expect(desk.giveBack(4), [])
        #expect(desk.ledger.counts == PoolCounts(total: 1, idle: 1))
    }

    @Test("a connection idle for more than a second is pinged; a dead one is replaced for the same waiter")
    func ping() {
        var desk = Desk(PoolSettings(maximum: 2))
        _ = desk.wait(1)
        _ = desk.open()
        _ = desk.giveBack(1)
        let fresh = desk.ledger.takeAtOnce(AcquireSite(), now: desk.now + .seconds(1))
        #expect(fresh?.member == 1)
        _ = desk.giveBack(2)
        desk.now += .milliseconds(1001)
        let stale = desk.ledger.takeAtOnce(AcquireSite(), now: desk.now)
        #expect(stale == nil)
        expect(desk.wait(2), ["check 1"])
        #expect(desk.ledger.counts == PoolCounts(total: 1, opening: 1, waiting: 1))
        let stock = PoolLedger<Int, Int>.Stock(member: 1, endOfLife: desk.now + .seconds(60), idleSince: desk.now)
        expect(desk.say(desk.ledger.didCheck(stock, isAlive: false, now: desk.now)), ["close 1: ping", "open"])
        expect(desk.open(), ["grant 2 to 2"])
        _ = desk.giveBack(3)
        desk.now += .seconds(2)
        expect(desk.wait(3), ["check 2"])
        let second = PoolLedger<Int, Int>.Stock(member: 2, endOfLife: desk.now + .seconds(60), idleSince: desk.now)
        expect(desk.say(desk.ledger.didCheck(second, isAlive: true, now: desk.now)), ["grant 2 to 3"])
    }

    @Test("an idle connection serves although an opener of an earlier, cancelled waiter is still trying")
    func idleBeatsOpener() {
        var desk = Desk(PoolSettings(maximum: 2))
        _ = desk.wait(1)
        _ = desk.open()
        let (ticket, actions) = desk.ledger.wait(2, site: AcquireSite(), timeout: .seconds(9), now: desk.now)
        #expect(desk.say(actions) == ["open"])
        let (left, again) = (desk.ledger.cancel(ticket), desk.ledger.cancel(ticket))
        #expect(left == 2)
        #expect(again == nil)
        expect(desk.giveBack(1), [])
        // Between looking for an idle connection and joining the queue, one may have come back.
        expect(desk.wait(3), ["grant 1 to 3"])
        _ = desk.giveBack(2)
        desk.now += .seconds(5)
        expect(desk.wait(4), ["check 1"])
    }

    @Test("a failure that stays refuses everybody at once; while others still serve, it refuses nobody")
    func lastingFailure() {
        var desk = Desk(PoolSettings(maximum: 3))
        _ = desk.wait(1)
        _ = desk.wait(2)
        expect(desk.fail("28P01", mayRetry: false), ["refuse 1: 28P01", "refuse 2: 28P01"])
        expect(desk.wait(3), ["open"])
        expect(desk.open(), ["grant 1 to 3"])
        expect(desk.wait(4), ["open"])
        expect(desk.fail("28P01", mayRetry: false), [])
        // For a while nobody else tries; then one does.
        expect(desk.wait(5), [])
        desk.now += .seconds(2)
        expect(desk.wait(6), ["open"])
        expect(desk.fail("28P01", mayRetry: false), [])
        expect(desk.giveBack(1), ["grant 1 to 4"])
        // The last connection is gone: one more attempt, and then everybody has to know.
        expect(desk.giveBack(2, .lost), ["close 1: lost", "open"])
        expect(desk.fail("28P01", mayRetry: false), ["refuse 5: 28P01", "refuse 6: 28P01"])
    }

    @Test("a failure that passes leaves one prober; it stops when nobody waits any more")
    func passingFailure() {
        var desk = Desk(PoolSettings(maximum: 3))
        _ = desk.wait(1)
        _ = desk.open()
        _ = desk.wait(2)
        _ = desk.wait(3)
        #expect(desk.ledger.counts.opening == 2)
        expect(desk.fail("53300", mayRetry: true), [])
        expect(desk.fail("53300", mayRetry: true), ["try again"])
        #expect(desk.ledger.counts == PoolCounts(total: 2, active: 1, opening: 1, waiting: 2))
        let goesOn = desk.ledger.continuesOpening()
        #expect(goesOn)
        desk.now += .seconds(31)
        let expired = desk.say(desk.ledger.expire(now: desk.now))
        #expect(expired == ["refuse 2: timedOut", "refuse 3: timedOut"])
        let goesOnAlone = desk.ledger.continuesOpening()
        #expect(!goesOnAlone)
        #expect(desk.ledger.counts == PoolCounts(total: 1, active: 1))
    }

    @Test("only those whose deadline has passed are refused")
    func expiry() {
        var desk = Desk(PoolSettings(maximum: 1))
        _ = desk.wait(1, timeout: .seconds(10))
        _ = desk.wait(2, timeout: .seconds(5))
        _ = desk.wait(3, timeout: .seconds(20))
        #expect(desk.ledger.nextDeadline == desk.now + .seconds(5))
        desk.now += .seconds(10)
        let expired = desk.say(desk.ledger.expire(now: desk.now))
        #expect(expired == ["refuse 1: timedOut", "refuse 2: timedOut"])
        #expect(desk.ledger.metrics.timeouts == 2)
    }

    @Test("upkeep closes what is old or superfluous, down to the minimum, and reports long leases once")
    func upkeep() {
        var settings = PoolSettings(minimum: 1, maximum: 4)
        settings.leakThreshold = .seconds(600)
        var desk = Desk(settings)
        for waiter in 1...4 { _ = desk.wait(waiter) }
        _ = desk.open(lifetime: .seconds(200))
        for _ in 2...4 { _ = desk.open() }
        for lease in UInt64(1)...3 { _ = desk.giveBack(lease) }
        desk.now += .seconds(250)
        expect(desk.say(desk.ledger.upkeep(now: desk.now)), ["close 1: lifetime"])
        desk.now += .seconds(100)
        expect(desk.say(desk.ledger.upkeep(now: desk.now)), ["close 2: idle", "close 3: idle"])
        desk.now += .seconds(251)
        expect(desk.say(desk.ledger.upkeep(now: desk.now)), ["report overdue 4"])
        expect(desk.say(desk.ledger.upkeep(now: desk.now)), [])
        expect(desk.giveBack(4, .lost), ["close 4: lost", "open"])
    }

    @Test("a drain refuses who waits, closes who idles, and closes what comes back")
    func drain() {
        var desk = Desk(PoolSettings(maximum: 2))
        _ = desk.wait(1)
        _ = desk.open()
        _ = desk.wait(2)
        _ = desk.open()
        _ = desk.giveBack(1)
        let drained = desk.say(desk.ledger.drain(now: desk.now))
        #expect(drained == ["close 1: drained"])
        expect(desk.wait(3), ["refuse 3: draining"])
        let late = desk.ledger.takeAtOnce(AcquireSite(), now: desk.now)
        #expect(late == nil)
        expect(desk.giveBack(2), ["close 2: drained"])
        #expect(desk.ledger.isEmpty)
    }

    @Test("a dropped lease is reported by its site, and its place is filled again")
    func dropped() {
        var desk = Desk(PoolSettings(maximum: 1))
        _ = desk.wait(7)
        _ = desk.open()
        expect(desk.wait(8), [])
        let actions = desk.say(desk.ledger.reclaimDropped(1, now: desk.now))
        #expect(actions == ["report dropped 7", "close 1: leaked", "open"])
    }

    @Test("what servers say to refused connections is counted by SQLSTATE")
    func refusals() {
        var desk = Desk(PoolSettings(maximum: 2))
        _ = desk.wait(1)
        for state in ["53300", "57P03", "53300"] { _ = desk.fail(state, mayRetry: true) }
        _ = desk.ledger.didFailToOpen(PostgresError(.connect(.network), "refused"), mayRetry: true, now: desk.now)
        #expect(desk.ledger.metrics.failedConnects == 4)
        #expect(desk.ledger.metrics.refusedConnects == [.tooManyConnections: 2, .cannotConnectNow: 1])
    }
}
