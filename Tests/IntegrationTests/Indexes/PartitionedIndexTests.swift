import DBKit
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Index create on a partitioned table, I5")
struct PartitionedIndexTests {
    private static let schema = """
        CREATE TABLE p (id bigint, at date, a int, b int) PARTITION BY RANGE (at);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (a);
        CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (1);
        CREATE TABLE p2b PARTITION OF p2 DEFAULT;
        INSERT INTO p SELECT i, date '2020-01-01' + i % 700, i % 3, i FROM generate_series(1, 5000) AS i;
        """

    private static let complete = [
        "p1_b_a_idx valid", "p2_b_a_idx valid", "p2a_b_a_idx valid", "p2b_b_a_idx valid", "p_b_a_idx valid",
    ]

    @Test(
        "every partition has its own, at every depth, and the parent ends valid; a rerun does nothing",
        arguments: TestServer.majors)
    func whole(major: Int) async throws {
        try await IndexFixture.with(Self.schema, major: major) { fixture in
            let plan = try await fixture.creation("p", ["b", "a"]).plan()
            #expect(plan.statements.count == 9 && plan.isDryRun)
            #expect(try await fixture.indexes("p") == [])
            let report = try await fixture.create("p", "b", "a")
            #expect(report.count(.created) == 5)
            #expect(try await fixture.indexes("p") == Self.complete)
            #expect(try await fixture.create("p", "b", "a").indexes.map(\.state) == [.equivalent])
        }
    }

    @Test("an equivalent index of a partition is attached and not built again; one that differs in DESC is not taken")
    func existing() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                "CREATE INDEX same ON p1 (b, a); CREATE INDEX ready ON p2 (b, a); CREATE INDEX other_way ON p2a (b, a DESC)"
            )
            let before = try await fixture.database.psql("SELECT 'same'::regclass::oid")
            try await fixture.create("p", "b", "a")
            #expect(try await fixture.database.psql("SELECT 'same'::regclass::oid") == before)
            let attached = try await fixture.database.psql(
                "SELECT inhrelid::regclass, inhparent::regclass FROM pg_inherits WHERE inhparent::regclass::text IN ('p_b_a_idx', 'ready') ORDER BY 1"
            )
            #expect(
                attached.split(separator: "\n").sorted() == [
                    "p2a_b_a_idx|ready", "p2b_b_a_idx|ready", "ready|p_b_a_idx", "same|p_b_a_idx",
                ])
            #expect(try await fixture.indexes("p").contains("other_way valid"))
        }
    }

    @Test("PostgreSQL itself attaches (b, a DESC) under (b, a) and calls it valid")
    func trap() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                """
                DROP TABLE p2; CREATE INDEX wrong ON p1 (b, a DESC); CREATE INDEX top ON ONLY p (b, a);
                ALTER INDEX top ATTACH PARTITION wrong;
                """)
            #expect(try await fixture.indexes("p") == ["top valid", "wrong valid"])
            // So a top under which something else hangs is none of ours.
            try await fixture.create("p", "b", "a")
            #expect(
                try await fixture.indexes("p") == ["p1_b_a_idx valid", "p_b_a_idx valid", "top valid", "wrong valid"])
        }
    }

    @Test("what an interrupted run has left, at each of its steps, is completed by the same command")
    func resumed() async throws {
        let steps = [
            "CREATE INDEX p_b_a_idx ON ONLY p (b, a)", "CREATE INDEX p2_b_a_idx ON ONLY p2 (b, a)",
            "CREATE INDEX p1_b_a_idx ON p1 (b, a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'p1_b_a_idx'::regclass",
            "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'p1_b_a_idx'::regclass",
            "CREATE INDEX p2a_b_a_idx ON p2a (b, a)", "CREATE INDEX p2b_b_a_idx ON p2b (b, a)",
            "ALTER INDEX p2_b_a_idx ATTACH PARTITION p2a_b_a_idx",
            "ALTER INDEX p2_b_a_idx ATTACH PARTITION p2b_b_a_idx",
            "ALTER INDEX p_b_a_idx ATTACH PARTITION p1_b_a_idx",
        ]
        for reached in 1...steps.count {
            try await IndexFixture.with(Self.schema) { fixture in
                try await fixture.database.psql(steps.prefix(reached).joined(separator: ";\n"))
                try await fixture.create("p", "b", "a")
                #expect(try await fixture.indexes("p") == Self.complete, "after \(reached) steps")
            }
        }
    }

    @Test("a partition that lacked its index and was detached does not keep the parent INVALID")
    func detached() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                """
                CREATE INDEX p_b_a_idx ON ONLY p (b, a); CREATE INDEX p1_b_a_idx ON p1 (b, a);
                ALTER INDEX p_b_a_idx ATTACH PARTITION p1_b_a_idx; ALTER TABLE p DETACH PARTITION p2;
                """)
            try await fixture.create("p", "b", "a")
            #expect(try await fixture.indexes("p") == ["p1_b_a_idx valid", "p_b_a_idx valid"])
        }
    }

    @Test("a part that is attached and INVALID is rebuilt in its place")
    func broken() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.create("p", "b", "a")
            try await fixture.invalidate("p2a_b_a_idx")
            try await fixture.invalidate("p2_b_a_idx")
            try await fixture.invalidate("p_b_a_idx")
            try await fixture.create("p", "b", "a")
            #expect(try await fixture.indexes("p") == Self.complete)
        }
    }

    @Test("partitions that are created meanwhile are covered")
    func meanwhile() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql("CREATE TABLE other (a int)")
            let task = try await fixture.holding("SELECT * FROM other") {
                let task = Task { try await fixture.create("p", "b", "a") }
                try await eventually("a partition is being built") {
                    try await fixture.indexes("p").contains("p1_b_a_idx invalid")
                }
                try await fixture.database.psql(
                    """
                    CREATE TABLE p3 PARTITION OF p FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
                    CREATE TABLE p4 (LIKE p); ALTER TABLE p ATTACH PARTITION p4 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
                    """)
                return task
            }
            _ = try await task.value
            let found = try await fixture.indexes("p")
            #expect(found == (Self.complete + ["p3_b_a_idx valid", "p4_b_a_idx valid"]).sorted(), "\(found)")
        }
    }

    @Test(
        "a locked parent is asked for in short tries; 75 after --wait, with nothing changed, and writers go on meanwhile"
    )
    func locked() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.holding("UPDATE p SET id = id WHERE b = 1") {
                let request = fixture.request { $0.wait = .seconds(3) }
                let isOver = Mutex(false)
                let create = Task {
                    defer { isOver.withLock { $0 = true } }
                    return try await fixture.create("p", "b", "a", request: request)
                }
                // Behind a lock that is asked for without a limit each of them would run into its own.
                var writes = 0
                while !isOver.withLock({ $0 }) {
                    try await fixture.database.psql("SET lock_timeout = '900ms'; UPDATE p SET id = id WHERE b = 2")
                    writes += 1
                }
                #expect(writes > 3)
                let failure = await #expect(throws: Failure.self) { try await create.value }
                #expect(failure?.code == .indexLocked && failure?.detail?.contains("forgotten") == true)
                #expect(try await fixture.indexes("p") == [])
            }
        }
    }

    @Test("a foreign partition: 80 before anything is built")
    func foreign() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                """
                CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
                CREATE FOREIGN TABLE pf PARTITION OF p FOR VALUES FROM ('2030-01-01') TO ('2031-01-01') SERVER far;
                """)
            let failure = await #expect(throws: Failure.self) { try await fixture.create("p", "b", "a") }
            #expect(failure?.code == .indexForeignPartition && failure?.message.contains("public.pf") == true)
            #expect(try await fixture.indexes("p") == [])
        }
    }

    @Test("a unique index over partitions with duplicates is refused before anything is built")
    func duplicates() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let unique = try await fixture.create("p", "at", "a", "b") { $0.isUnique = true }
            #expect(unique.count(.created) == 5)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.create("p", "at", "a") { $0.isUnique = true }
            }
            #expect(failure?.code == .indexDuplicates)
            let incomplete = await #expect(throws: Failure.self) {
                try await fixture.create("p", "b") { $0.isUnique = true }
            }
            #expect(incomplete?.message.contains("partition") == true, "\(String(describing: incomplete))")
        }
    }

    @Test("a unique index without the partition key is refused at once, also by a dry run")
    func key() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let creation = fixture.creation("p", ["b"]) { $0.isUnique = true }
            for isPlan in [true, false] {
                let failure = await #expect(throws: Failure.self) {
                    _ = isPlan ? try await creation.plan() : try await creation.run()
                }
                #expect(failure?.code == .indexDefinition && failure?.message.contains("partitioned by at") == true)
            }
        }
    }

    @Test("builds of an expression do not wait for each other: the small partition beside a slow one is built too")
    func alone() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql("DROP TABLE p2; \(IndexFixture.slowFunction)")
            try await fixture.database.psql(
                "CREATE TABLE p0 PARTITION OF p FOR VALUES FROM ('2010-01-01') TO ('2011-01-01'); INSERT INTO p SELECT i, date '2020-02-01', 1, i FROM generate_series(1, 20000) AS i"
            )
            let request = fixture.request { $0.maximumWait = .milliseconds(200) }
            let report = try await fixture.create("p", "(slow(b))", request: request)
            #expect(report.count(.created) == 3)
        }
    }

    @Test("only what is still to be built has to find room on the disk")
    func room() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.database.psql(
                "INSERT INTO p1 SELECT i, date '2020-02-01', 1, i FROM generate_series(1, 60000) AS i; VACUUM ANALYZE")
            let whole = try await fixture.creation("p", ["b", "a"]).plan()
            #expect(whole.isDryRun)
            let small: (inout IndexRequest) -> Void = { $0.freeBytes = { _ in 500_000 } }
            let refused = await #expect(throws: Failure.self) {
                try await fixture.create("p", "b", "a", request: fixture.request(small))
            }
            #expect(refused?.code == .indexNoSpace)
            try await fixture.database.psql("CREATE INDEX p1_b_a_idx ON p1 (b, a)")
            #expect(try await fixture.create("p", "b", "a", request: fixture.request(small)).count(.created) > 0)
            #expect(try await fixture.indexes("p") == Self.complete)
        }
    }

    @Test("a partition of another role is refused before anything is built")
    func owners() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            let (mine, theirs) = (TestServer.uniqueName("r"), TestServer.uniqueName("r"))
            try await fixture.database.psql(
                "CREATE ROLE \(mine) LOGIN; CREATE ROLE \(theirs); ALTER TABLE p OWNER TO \(mine); ALTER TABLE p1 OWNER TO \(mine); ALTER TABLE p2 OWNER TO \(mine); ALTER TABLE p2a OWNER TO \(theirs)"
            )
            let small: (inout IndexRequest) -> Void = { $0.server.set("user", mine) }
            let schema = await #expect(throws: Failure.self) {
                try await fixture.create("p", "b", request: fixture.request(small))
            }
            #expect(schema?.code == .indexNotOwner && schema?.hint?.contains("GRANT CREATE ON SCHEMA public") == true)
            try await fixture.database.psql("GRANT CREATE ON SCHEMA public TO \(mine)")
            let owner = await #expect(throws: Failure.self) {
                try await fixture.create("p", "b", request: fixture.request(small))
            }
            #expect(owner?.code == .indexNotOwner && owner?.message.contains(theirs) == true)
            #expect(try await fixture.indexes("p") == [])
            try await fixture.database.psql(
                "REASSIGN OWNED BY \(mine), \(theirs) TO postgres; DROP OWNED BY \(mine), \(theirs); DROP ROLE \(mine), \(theirs)"
            )
        }
    }

    @Test("--unique asks for those who hold a partition, too")
    func holders() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.holding("SELECT count(*) FROM p1") {
                let request = fixture.request { $0.maximumWait = .milliseconds(100) }
                try await Task.sleep(for: .milliseconds(200))
                let failure = await #expect(throws: Failure.self) {
                    try await fixture.create("p", "at", "a", "b", request: request) { $0.isUnique = true }
                }
                #expect(failure?.code == .indexMaxWait && failure?.message.contains("forgotten") == true)
                #expect(try await fixture.indexes("p") == [])
            }
        }
    }

    @Test("an INVALID index of a partition that is attached is rebuilt in its place, and gets no twin")
    func attached() async throws {
        try await IndexFixture.with(Self.schema) { fixture in
            try await fixture.create("p", "b", "a")
            try await fixture.invalidate("p1_b_a_idx")
            let report = try await fixture.create("p1", "b", "a")
            #expect(report.indexes.map(\.state) == [.rebuilt])
            #expect(try await fixture.indexes("p") == Self.complete)
        }
    }
}
