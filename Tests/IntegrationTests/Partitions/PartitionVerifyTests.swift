import DBKit
import Foundation
import TestSupport
import Testing

@Suite("partition verify: what it shows for a partition in use can be typed, and stops no writer (T7, T11)")
struct PartitionVerifyTests {
    /// Line by line, as somebody types it.
    private func type(_ findings: [PartitionFinding], _ fixture: PartitionFixture) async throws {
        for finding in findings {
            for line in finding.command.split(separator: "\n") where !line.hasPrefix("dbctl ") {
                try await fixture.database.psql(String(line))
            }
        }
    }

    private static let unfinished =
        PartitionFixture.schema + """

            CREATE TABLE attempts_p2026_01 PARTITION OF attempts FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
            CREATE TABLE attempts_p2026_02 PARTITION OF attempts FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z');
            CREATE INDEX attempts_note ON ONLY attempts (note);
            """

    @Test(
        "an index that is not attached is none: an INVALID one of the parent is a finding, and what is said completes it",
        arguments: [15, 18])
    func unattached(_ major: Int) async throws {
        let schema =
            Self.unfinished + """

                CREATE INDEX ON attempts_p2026_01 (note);
                CREATE INDEX ON attempts_p2026_02 (note);
                """
        try await PartitionFixture.with(schema, major: major) { fixture in
            let declared = try fixture.declaration { $0.ahead = 1 }
            let findings = try await fixture.verify(declared).findings
            #expect(findings.map(\.code) == [.index, .index, .index], "\(findings)")
            #expect(
                findings.first?.command
                    == "ALTER INDEX \"public\".\"attempts_note\" ATTACH PARTITION \"public\".\"attempts_p2026_01_note_idx\";"
            )
            #expect(findings.last?.partition == nil && findings.last?.command == "dbctl index repair")
            #expect(findings.last?.message.contains("public.attempts_note") == true, "\(findings)")
            try await type(findings, fixture)
            let left = try await fixture.verify(declared).findings
            #expect(left == [], "\(left)")
        }
    }

    @Test(
        "indexes and keys that a partition lacks are built beside its writers: each line is typed while one is at it",
        arguments: [15, 18])
    func concurrently(_ major: Int) async throws {
        let schema = """
            CREATE TABLE attempts (id int NOT NULL, attempted_at timestamptz NOT NULL, note text, n int)
                PARTITION BY RANGE (attempted_at);
            CREATE TABLE attempts_p2026_01 PARTITION OF attempts FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
            CREATE TABLE attempts_p2026_02 PARTITION OF attempts FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z');
            CREATE INDEX attempts_note ON ONLY attempts (lower(note)) WHERE n > 3;
            ALTER TABLE ONLY attempts ADD PRIMARY KEY (id, attempted_at);
            ALTER TABLE ONLY attempts ADD UNIQUE (attempted_at, n) DEFERRABLE INITIALLY DEFERRED;
            """
        try await PartitionFixture.with(schema, major: major) { fixture in
            let declared = try fixture.declaration { $0.ahead = 1 }
            let findings = try await fixture.verify(declared).findings
            let own = findings.filter { $0.partition != nil }
            #expect(own.count == 6 && own.allSatisfy { $0.code == .index }, "\(findings)")
            #expect(own.allSatisfy { $0.command.contains("INDEX CONCURRENTLY") }, "\(findings)")
            try await type(findings, fixture)
            let left = try await fixture.verify(declared).findings
            #expect(left == [], "\(left)")
            let state = try await fixture.database.psql(
                """
                SELECT string_agg(pg_get_constraintdef(oid), '; ' ORDER BY contype) FROM pg_constraint
                WHERE conrelid = 'attempts_p2026_02'::regclass AND contype IN ('p', 'u');
                SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'attempts'::regclass
                """)
            #expect(
                state
                    == "PRIMARY KEY (id, attempted_at); UNIQUE (attempted_at, n) DEFERRABLE INITIALLY DEFERRED\nt")
        }
    }

    @Test("an INVALID index of a partition is rebuilt, and then attached")
    func invalid() async throws {
        try await PartitionFixture.with(Self.unfinished) { fixture in
            let declared = try fixture.declaration { $0.ahead = 1 }
            try await fixture.database.psql(
                """
                INSERT INTO attempts (attempted_at, user_id) VALUES ('2026-01-05', 1);
                CREATE INDEX ON attempts_p2026_01 (note); CREATE INDEX ON attempts_p2026_02 (note);
                UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'attempts_p2026_01_note_idx'::regclass
                """)
            let findings = try await fixture.verify(declared).findings
            #expect(
                findings.first?.command.split(separator: "\n") == [
                    "REINDEX INDEX CONCURRENTLY \"public\".\"attempts_p2026_01_note_idx\";",
                    "ALTER INDEX \"public\".\"attempts_note\" ATTACH PARTITION \"public\".\"attempts_p2026_01_note_idx\";",
                ], "\(findings)")
            try await type(findings, fixture)
            let left = try await fixture.verify(declared).findings
            #expect(left == [], "\(left)")
        }
    }

    @Test("a constraint is added NOT VALID and validated, and one that is there and was never looked at only validated")
    func constraints() async throws {
        try await PartitionFixture.with(Self.unfinished) { fixture in
            try await fixture.database.psql(
                """
                DROP INDEX attempts_note;
                UPDATE pg_constraint SET convalidated = false WHERE conrelid = 'attempts_p2026_01'::regclass AND contype = 'c';
                UPDATE pg_constraint SET conislocal = true, coninhcount = 0 WHERE conrelid = 'attempts_p2026_02'::regclass AND contype = 'c';
                ALTER TABLE attempts_p2026_02 DROP CONSTRAINT attempts_score_check;
                """)
            let findings = try await fixture.verify(fixture.declaration { $0.ahead = 1 }).findings
            #expect(
                findings.map(\.command) == [
                    "ALTER TABLE \"public\".\"attempts_p2026_01\" VALIDATE CONSTRAINT \"attempts_score_check\";",
                    """
                    ALTER TABLE "public"."attempts_p2026_02" ADD CONSTRAINT "attempts_score_check" CHECK ((score >= 0)) NOT VALID;
                    ALTER TABLE "public"."attempts_p2026_02" VALIDATE CONSTRAINT "attempts_score_check";
                    """,
                ], "\(findings)")
            try await type(findings, fixture)
        }
    }

    @Test("a policy with a subquery is mended by what is shown, though the partition has another name than its table")
    func policy() async throws {
        let schema =
            PartitionFixture.schema + """

                CREATE TABLE acl (id bigint, attempts text);
                CREATE POLICY listed ON attempts USING (EXISTS (SELECT FROM acl
                    WHERE acl.id = attempts.user_id AND acl.attempts <> 'attempts.user_id') AND note <> 'attempts.')
                    WITH CHECK (EXISTS (SELECT FROM acl AS a WHERE a.id = attempts.user_id));
                """
        try await PartitionFixture.with(schema) { fixture in
            try await fixture.ensure()
            try await fixture.database.psql("DROP POLICY listed ON attempts_p2026_02")
            let findings = try await fixture.verify().findings
            #expect(findings.map(\.code) == [.policy], "\(findings)")
            try await type(findings, fixture)
            let left = try await fixture.verify().findings
            #expect(left == [], "\(left)")
            let text = try await fixture.database.psql(
                "SELECT qual LIKE '%acl.id = attempts_p2026_02.user_id%' AND qual LIKE '%<> ''attempts.user_id''%' FROM pg_policies WHERE tablename = 'attempts_p2026_02'"
            )
            #expect(text == "t")
        }
    }

    private static let rich =
        PartitionFixture.schema + """

            CREATE TABLE attempts_p2026_01 PARTITION OF attempts FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
            CREATE TABLE attempts_p2026_02 PARTITION OF attempts FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z');
            CREATE TABLE attempts_p2026_03 PARTITION OF attempts FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z');
            """

    @Test(
        "what only one partition has that refuses its rows, deletes them or sends them elsewhere is found, and what all of them have is meant",
        arguments: [15, 18])
    func alone(_ major: Int) async throws {
        try await PartitionFixture.with(Self.rich, major: major) { fixture in
            let declared = try fixture.declaration { $0.ahead = 2 }
            let publication = TestServer.uniqueName("pub")
            try await fixture.database.psql(
                """
                CREATE UNIQUE INDEX meant1 ON attempts_p2026_01 (id); CREATE UNIQUE INDEX meant2 ON attempts_p2026_02 (id);
                CREATE UNIQUE INDEX meant3 ON attempts_p2026_03 (id); CREATE INDEX harmless ON attempts_p2026_02 (note);
                """)
            let meant = try await fixture.verify(declared).findings
            #expect(meant == [], "\(meant)")
            try await fixture.database.psql(
                """
                CREATE UNIQUE INDEX lone ON attempts_p2026_02 (note);
                ALTER TABLE attempts_p2026_02 ADD CONSTRAINT lone_key UNIQUE (score);
                ALTER TABLE attempts_p2026_02 ADD CONSTRAINT lone_user FOREIGN KEY (score) REFERENCES users ON DELETE CASCADE;
                CREATE PUBLICATION \(publication) FOR TABLE attempts_p2026_02;
                """)
            let findings = try await fixture.verify(declared).findings
            #expect(findings.map(\.code) == [.index, .index, .foreignKey, .publication], "\(findings)")
            #expect(findings.allSatisfy { $0.partition == "public.attempts_p2026_02" }, "\(findings)")
            try await type(findings, fixture)
            let left = try await fixture.verify(declared).findings
            #expect(left == [], "\(left)")
            #expect(try await fixture.database.psql("SELECT count(*) FROM pg_class WHERE relname = 'harmless'") == "1")
        }
    }

    @Test(
        "what is said of policies, indexes, keys, CHECKs and statistics is the same in a new partition, and found where it is not",
        arguments: [15, 18])
    func comments(_ major: Int) async throws {
        let schema =
            PartitionFixture.schema + """

                ALTER TABLE attempts ADD CONSTRAINT known CHECK (user_id > 0); CREATE INDEX notes ON attempts (note);
                CREATE STATISTICS together ON user_id, score FROM attempts;
                CREATE POLICY plain ON attempts USING (score > 0);
                CREATE POLICY nested ON attempts USING (EXISTS (SELECT FROM users WHERE users.id = attempts.user_id));
                COMMENT ON TABLE attempts IS 't'; COMMENT ON COLUMN attempts.note IS 'c'; COMMENT ON CONSTRAINT known ON attempts IS 'k';
                COMMENT ON INDEX notes IS 'i'; COMMENT ON INDEX attempts_pkey IS 'pi'; COMMENT ON CONSTRAINT attempts_pkey ON attempts IS 'pk';
                COMMENT ON STATISTICS together IS 's'; COMMENT ON POLICY plain ON attempts IS 'p'; COMMENT ON POLICY nested ON attempts IS 'n';
                """
        try await PartitionFixture.with(schema, major: major) { fixture in
            #expect(try await fixture.ensure().failure == nil)
            let same = try await fixture.verify().findings
            #expect(same == [], "\(same)")
            #expect(
                try await fixture.database.psql(
                    """
                    SELECT string_agg(obj_description(oid, 'pg_policy'), '' ORDER BY polname)
                    FROM pg_policy WHERE polrelid = 'attempts_p2026_02'::regclass
                    """
                ) == "np")
            try await fixture.database.psql(
                """
                COMMENT ON INDEX notes IS 'other'; COMMENT ON STATISTICS together IS NULL; COMMENT ON CONSTRAINT known ON attempts IS 'new';
                COMMENT ON POLICY nested ON attempts IS 'new'; COMMENT ON CONSTRAINT attempts_pkey ON attempts IS NULL;
                """)
            let findings = try await fixture.verify().findings
            #expect(findings.count == 20 && findings.allSatisfy { $0.code == .comment }, "\(findings)")
            try await type(findings, fixture)
            let left = try await fixture.verify().findings
            #expect(left == [], "\(left)")
        }
    }

    @Test("the piece that no step fits is filled by a statement with a name of its own, and UTC is called UTC")
    func piece() async throws {
        let schema =
            PartitionFixture.schema + """

                CREATE TABLE attempts_odd PARTITION OF attempts FOR VALUES FROM ('2026-01-01Z') TO ('2026-01-20Z');
                """
        try await PartitionFixture.with(schema) { fixture in
            let declared = try fixture.declaration { $0.ahead = 1 }
            let findings = try await fixture.verify(declared).findings
            let piece = try #require(findings.first { $0.code == .piece })
            #expect(
                piece.command.hasPrefix("CREATE TABLE public.attempts_piece1 PARTITION OF public.attempts "), "\(piece)"
            )
            #expect(findings.contains { $0.code == .bounds && $0.message.hasSuffix("in UTC") }, "\(findings)")
            let report = try await fixture.ensure(declared)
            #expect(report.failure?.hint == "by hand: \(piece.command.dropLast())", "\(report)")
            try await fixture.database.psql(piece.command)
            #expect(try await fixture.verify(declared).findings.allSatisfy { $0.code == .bounds })
        }
    }

    @Test("what a role may not see is no finding: it is said, with the GRANT that can be typed")
    func unseen() async throws {
        let schema = """
            CREATE SCHEMA "Shop";
            CREATE TABLE "Shop".n (id bigint NOT NULL) PARTITION BY RANGE (id);
            CREATE TABLE "Shop".n_0 PARTITION OF "Shop".n FOR VALUES FROM (0) TO (1000);
            """
        try await PartitionFixture.with(schema) { fixture in
            let role = TestServer.uniqueName("r-r")
            try await fixture.database.psql("CREATE ROLE \"\(role)\" LOGIN")
            var declared = PartitionDeclaration(table: "\"Shop\".n", key: "id", step: .rows(1000))
            declared.ahead = 0
            let sets = [declared]
            let request = fixture.request { $0.server.set("user", role) }
            for grant in ["GRANT USAGE ON SCHEMA \"Shop\" TO \"\(role)\"", "GRANT SELECT ON \"Shop\".n TO \"\(role)\""]
            {
                let verify = try await PartitionVerify(request, declared: sets).run()
                #expect(verify.findings == [] && verify.failure?.category == .authentication, "\(verify)")
                #expect(verify.failure?.hint == grant, "\(verify)")
                let check = try await PartitionCheck(request, declared: sets).run()
                #expect(check.verdict == .unknown && check.failure?.hint == grant, "\(check)")
                try await fixture.database.psql(grant)
            }
            let seen = try await PartitionVerify(request, declared: sets).run()
            #expect(seen.failure == nil, "\(seen)")
            try await fixture.database.psql("DROP OWNED BY \"\(role)\"; DROP ROLE \"\(role)\"")
        }
    }
}
