import DBKit
import Testing

@testable import dbctl

@Suite("Exit codes")
struct ExitStatusTests {
    @Test("each category has the code of the contract, and no two share one")
    func table() {
        let codes = Failure.Category.allCases.map { ExitStatus($0).code }
        #expect(Set(codes).count == codes.count)
        #expect(Set(codes) == [1, 64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 78, 80, 81, 130, 143])
    }

    /// Appendix A of the PostgreSQL documentation: a code of each class, and what it means to a caller.
    static let classes: [(state: String, exit: Int32)] = [
        ("08006", 69), ("09000", 76), ("0A000", 76), ("0B000", 76), ("0F000", 76), ("0L000", 77), ("0LP01", 77),
        ("0P000", 77), ("0Z000", 76), ("20000", 76), ("21000", 76), ("22012", 76), ("23505", 76), ("24000", 76),
        ("25006", 69), ("25P02", 76), ("26000", 76), ("27000", 76), ("28000", 77), ("28P01", 77), ("2B000", 76),
        ("2D000", 76), ("2F000", 76), ("34000", 76), ("38000", 76), ("39000", 76), ("3B000", 76), ("3D000", 69),
        ("3F000", 76), ("40001", 75), ("40P01", 75), ("42501", 77), ("42601", 76), ("42P01", 76), ("44000", 76),
        ("53100", 73), ("53200", 69), ("53300", 69), ("54000", 76), ("55006", 75), ("55P03", 75), ("57014", 76),
        ("57P01", 69), ("57P03", 69), ("58030", 74), ("F0000", 78), ("HV000", 76), ("P0001", 76), ("XX000", 76),
        ("XX001", 65), ("ZZ999", 76),
    ]

    @Test("every SQLSTATE class comes to its exit code", arguments: classes)
    func sqlStates(_ state: String, _ exit: Int32) {
        let error = PostgresError(.server, "m", sqlState: SQLState(state))
        let failure = Failure(describing: error)
        #expect(ExitStatus(failure.category).code == exit, "\(failure.code.name)")
        #expect(failure.sqlState == state)
    }

    @Test("what no room turned into a failure is a bug of ours")
    func unknownError() {
        struct Odd: Error {}
        #expect(ExitStatus(Failure(describing: Odd()).category).code == 70)
        #expect(ExitStatus(Failure(describing: CancellationError()).category).code == 130)
    }

    @Test("of several verdicts the worst counts: CRITICAL, UNKNOWN, WARNING, OK; of other codes the higher")
    func worst() {
        let ranked = [0, 1, 3, 2, 64, 143].map { ExitStatus(passingOn: $0) }
        #expect(ranked.shuffled().sorted() == ranked)
    }

    @Test("a monitoring verb answers 2 for a server that is gone, 3 for a missing privilege")
    func monitoring() {
        func exit(_ category: Failure.Category, _ state: String? = nil) -> Int32 {
            ExitStatus(monitoring: Failure(.usage, "m", sqlState: state, category: category)).code
        }
        #expect(exit(.unavailable) == 2)
        #expect(exit(.authentication, "28P01") == 2)
        #expect(exit(.authentication, "42501") == 3)
        #expect(ExitStatus(monitoring: Failure(.databaseNoConnect, "by a pooler, without its SQLSTATE")).code == 3)
        #expect(exit(.busy, "55P03") == 3)
        #expect(exit(.configuration) == 3)
        #expect(exit(.bug) == 3)
        #expect(exit(.usage) == 64)
        #expect(exit(.terminated) == 143)
    }
}
