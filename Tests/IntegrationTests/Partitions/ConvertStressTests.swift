import DBKit
import TestSupport
import Testing

/// Conversions while clients insert, update, delete, move rows and change keys (T9).
@Suite("Partition convert under load")
struct ConvertStressTests {
    @Test("every row that clients wrote is there, none twice, and no client met an error", arguments: [15, 18])
    func ledger(major: Int) async throws {
        try await ConvertFixture.with(ConvertFixture.schema + ConvertLoad.schema, major: major) { fixture in
            let report = try await ConvertLoad.with(fixture.database) {
                try await fixture.convert(ConvertFixture.monthly { $0.maximumRate = 40_000 })
            }
            #expect(report.state == .converted)
            #expect(try await fixture.isPartitioned())
            #expect(try await ConvertLoad.differences(fixture.database) == "0")
            #expect(try await ConvertLoad.transactions(fixture.database) > 0)
        }
    }

    @Test("an undo under load loses nothing that was written since the swap")
    func undone() async throws {
        try await ConvertFixture.with(ConvertFixture.schema + ConvertLoad.schema) { fixture in
            try await ConvertLoad.with(fixture.database) {
                try await fixture.convert()
                // What is written between the swap and the way back.
                let written = try await fixture.database.psql("SELECT pg_current_wal_insert_lsn()")
                try await eventually("clients have written a megabyte") {
                    try await fixture.database.psql(
                        "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '\(written)') > 1000000") == "t"
                }
                try await fixture.undo()
            }
            #expect(try await !fixture.isPartitioned())
            #expect(try await ConvertLoad.differences(fixture.database) == "0")
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("the strategy attach under load, there and back")
    func attached() async throws {
        try await ConvertFixture.with(ConvertFixture.schema + ConvertLoad.schema) { fixture in
            try await ConvertLoad.with(fixture.database) {
                try await fixture.convert(ConvertFixture.monthly { $0.strategy = .attach })
                #expect(try await fixture.isPartitioned())
                try await fixture.undo()
            }
            #expect(try await !fixture.isPartitioned())
            #expect(try await ConvertLoad.differences(fixture.database) == "0")
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("TRUNCATE in the middle of the copy, and rows after it")
    func truncated() async throws {
        try await ConvertFixture.with { fixture in
            async let report = fixture.convert(
                ConvertFixture.monthly {
                    $0.maximumRate = 8000
                    $0.batch = 500
                })
            try await eventually("some of it is copied") {
                try await fixture.hasCopied(2000)
            }
            try await fixture.database.psql(
                "BEGIN; TRUNCATE attempts; INSERT INTO attempts (id, at) VALUES (1, '2026-03-03'), (9000, '2026-04-04'); COMMIT"
            )
            _ = try await report
            #expect(try await fixture.isPartitioned())
            #expect(
                try await fixture.database.psql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM attempts")
                    == "1 9000")
        }
    }

    @Test("a row beyond all partitions that comes during the copy gets one, and fails for nobody")
    func beyond() async throws {
        try await ConvertFixture.with { fixture in
            async let report = fixture.convert(
                ConvertFixture.monthly {
                    $0.maximumRate = 10_000
                    $0.batch = 500
                })
            try await eventually("it is being copied") {
                try await fixture.hasCopied(1000)
            }
            try await fixture.database.psql(
                "INSERT INTO attempts (at, note) VALUES ('2031-07-07', 'far'), ('2020-02-02', 'long ago')")
            _ = try await report
            let names = try await fixture.database.psql(
                "SELECT string_agg(tableoid::regclass::text, ' ' ORDER BY at) FROM attempts WHERE note IN ('far', 'long ago')"
            )
            #expect(names == "attempts_p2020_02 attempts_p2031_07")
        }
    }

    @Test("what goes past the trigger is found by the comparison, and nothing is swapped")
    func drift() async throws {
        try await ConvertFixture.with { fixture in
            let busy = await #expect(throws: Failure.self) { try await fixture.convertHeld() }
            #expect(busy?.code == .partitionConvertBusy && busy?.detail?.contains("forgotten") == true)
            #expect(busy?.category == .busy)
            try await fixture.database.psql(
                """
                ALTER TABLE attempts DISABLE TRIGGER ALL; UPDATE attempts SET note = 'past it' WHERE id = 5;
                ALTER TABLE attempts ENABLE ALWAYS TRIGGER dbctl_convert; ALTER TABLE attempts ENABLE ALWAYS TRIGGER dbctl_convert_truncate
                """)
            let failure = await #expect(throws: Failure.self) { try await fixture.convert() }
            #expect(failure?.code == .partitionConvertDrift)
            #expect(try await !fixture.isPartitioned())
            try await fixture.undo()
            #expect(try await fixture.leftovers() == "")
        }
    }

    @Test("a trigger that was switched off for a while is no longer trusted")
    func unwatched() async throws {
        try await ConvertFixture.with { fixture in
            await #expect(throws: Failure.self) { try await fixture.convertHeld() }
            try await fixture.database.psql(
                "ALTER TABLE attempts DISABLE TRIGGER ALL; ALTER TABLE attempts ENABLE TRIGGER ALL")
            let failure = await #expect(throws: Failure.self) { try await fixture.convert() }
            #expect(failure?.code == .partitionConvertDrift && failure?.message.contains("switched off") == true)
        }
    }

    @Test("a table that was altered meanwhile is not swapped")
    func altered() async throws {
        try await ConvertFixture.with { fixture in
            await #expect(throws: Failure.self) { try await fixture.convertHeld() }
            try await fixture.database.psql("CREATE INDEX later ON attempts (note)")
            let failure = await #expect(throws: Failure.self) { try await fixture.convert() }
            #expect(failure?.code == .partitionConvertChanged)
            #expect(try await !fixture.isPartitioned())
        }
    }
}
