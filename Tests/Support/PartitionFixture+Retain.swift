// A table with a year of partitions, of which some are past keeping.

public import DBKit

extension PartitionFixture {
    /// August 2025 to February 2026, with a row every four hours up to the middle of January, which is now.
    public static let year =
        schema + """

            CREATE FUNCTION pg_temp.month(m date) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
                EXECUTE format('CREATE TABLE attempts_p%s PARTITION OF attempts FOR VALUES FROM (%L) TO (%L)',
                    to_char(m, 'YYYY_MM'), m::timestamp AT TIME ZONE 'UTC', (m + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            END $$;
            SELECT pg_temp.month((date '2025-08-01' + make_interval(months => i))::date) FROM generate_series(0, 6) AS i;
            INSERT INTO attempts (attempted_at, user_id, note)
            SELECT timestamp '2025-08-01 00:00' AT TIME ZONE 'UTC' + i * interval '4 hours', 1 + i % 10, 'n' || i
            FROM generate_series(0, 999) AS i;
            COMMENT ON TABLE attempts_p2025_08 IS 'august''s';
            """

    /// What is declared: by default everything older than four months goes, which in the middle of January is August.
    public func expiry(
        _ action: PartitionDeclaration.Expiry, keep: String = "4 months",
        _ change: (inout PartitionDeclaration) -> Void = { _ in }
    ) throws -> PartitionExpiry {
        PartitionExpiry(
            try declaration { declared in
                declared.keep = (try? CalendarStep(spelled: keep)).map { .calendar($0) }
                declared.onExpire = action
                change(&declared)
            })
    }

    /// As `dbctl partition retain --yes` does it.
    @discardableResult public func retain(
        _ sets: PartitionExpiry..., archiving: (any PartitionArchiving)? = nil, maximumWait: Duration = .seconds(60),
        _ change: (inout PartitionRequest) -> Void = { _ in }
    ) async throws -> PartitionRetainReport {
        try await retention(sets, archiving: archiving, maximumWait: maximumWait, change).run()
    }

    public func retention(
        _ sets: [PartitionExpiry], archiving: (any PartitionArchiving)? = nil, maximumWait: Duration = .seconds(60),
        _ change: (inout PartitionRequest) -> Void = { _ in }
    ) -> PartitionRetain {
        var retain = PartitionRetain(
            request {
                $0.wait = .zero
                change(&$0)
            }, sets: sets)
        retain.archiving = archiving
        retain.maximumWait = maximumWait
        return retain
    }

    /// The months that are attached, and then the ones that stand alone: `08 09 | 07`.
    public func months(_ table: String = "attempts") async throws -> String {
        try await database.psql(
            """
            SELECT coalesce(string_agg(right(relname, 2), ' ' ORDER BY right(relname, 2)) FILTER (WHERE relispartition), '') || ' | '
                || coalesce(string_agg(right(relname, 2), ' ' ORDER BY right(relname, 2)) FILTER (WHERE NOT relispartition), '')
            FROM pg_class WHERE relname LIKE '\(table)\\_p20%' AND relkind IN ('r', 'p')
            """)
    }

    public func comment(_ table: String) async throws -> String {
        try await database.psql("SELECT coalesce(obj_description('\(table)'::regclass), '')")
    }

    /// What `partition retain` has noted of a table that it is at.
    public func mark(_ table: String) async throws -> String {
        try await database.psql(
            "SELECT coalesce(obj_description(reltype, 'pg_type'), '') FROM pg_class WHERE oid = '\(table)'::regclass")
    }
}
