import DBKit
import Testing

@testable import Postgres

@Suite struct PoolFailureTests {
    private let counts = PoolCounts(total: 20, idle: 1, active: 17, opening: 2, waiting: 80)

    private func failure(_ kind: PoolError.Kind, _ connect: PostgresError? = nil) -> Failure {
        Failure(
            PoolError(
                kind: kind, waited: .seconds(30), counts: counts, lastConnectError: connect,
                longestLease: AcquireSite(fileID: "App/Checkout.swift", line: 42)))
    }

    @Test("a full pool is busy, and its failure says how many are active, idle and waiting, and who holds one longest")
    func timedOut() {
        let failure = failure(.timedOut)
        #expect(failure.code == .poolTimeout)
        #expect(failure.category == .busy)
        #expect(failure.message.contains("30"))
        for part in ["total 20", "active 17", "idle 1", "waiting 80", "App/Checkout.swift:42"] {
            #expect(failure.detail?.contains(part) == true, "\(part)")
        }
        #expect(failure.hint?.isEmpty == false)
    }

    @Test("where the server admits nobody, the failure carries its SQLSTATE, its words and its exit code")
    func cannotConnect() {
        let full = PostgresError(.connect(.startup), "sorry, too many clients already", sqlState: .tooManyConnections)
        let failure = failure(.timedOut, full)
        #expect(failure.code == .poolTimeout)
        #expect(failure.category == Failure(full).category)
        #expect(failure.sqlState == "53300")
        #expect(failure.detail?.contains("sorry, too many clients already") == true)
    }

    @Test("a pool that is being drained is no full pool")
    func draining() {
        #expect(failure(.draining).code == .poolDraining)
        #expect(failure(.draining).category == .interrupted)
    }
}
