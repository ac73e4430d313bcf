// Which servers are too old to work with: pure.

import Operations
import Testing

@testable import Postgres

@Suite struct ServerVersionTests {
    @Test(
        "14 to 18 and whatever comes after are welcome; a pooler that gives no version is asked no further",
        arguments: [140_000, 140_022, 150_018, 160_004, 180_001, 190_000, 0])
    func welcome(_ number: Int) {
        #expect(Session.unsupported(ServerVersion(number: number)) == nil)
    }

    @Test(
        "13 and older are server.version, with what was found and what is supported",
        arguments: [(130_001, "13.1"), (100_023, "10.23"), (90_624, "9.6")])
    func refused(_ number: Int, _ name: String) throws {
        let failure = Failure(try #require(Session.unsupported(ServerVersion(number: number))))
        #expect(failure.code == .serverVersion && failure.category == .configuration)
        #expect(failure.message.contains("PostgreSQL \(name),") && failure.message.contains("14 to 18"))
        #expect(failure.hint != nil)
    }
}
