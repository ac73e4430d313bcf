import DBKit
import TestSupport
import Testing

@Suite("Partition convert")
struct ConvertTests {
    @Test("a table becomes partitioned with every row it had, and is itself again after an undo", arguments: [15, 18])
    func roundTrip(major: Int) async throws {
        try await ConvertFixture.with(major: major) { fixture in
            let before = try await fixture.content()
            let report = try await fixture.convert()
            #expect(report.state == .converted && report.rowsCopied == 17001 && report.rowsCompared == 17001)
            #expect(try await fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            let again = try await fixture.convert()
            #expect(again.state == .converted && again.attempts == 0)
            try await fixture.undo()
            #expect(try await !fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("finish drops the table as it was, and what kept the two in step")
    func finished() async throws {
        try await ConvertFixture.with { fixture in
            let before = try await fixture.content()
            try await fixture.convert()
            #expect(try await fixture.leftovers() != "")
            let report = try await fixture.finish()
            #expect(report.state == .finished)
            #expect(try await fixture.isPartitioned())
            #expect(try await fixture.content() == before)
            #expect(try await fixture.leftovers() == "")
            let failure = await #expect(throws: Failure.self) { try await fixture.undo() }
            #expect(failure?.code == .partitionConvertNone)
        }
    }
}
