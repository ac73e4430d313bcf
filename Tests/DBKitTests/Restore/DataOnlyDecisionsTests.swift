import Testing

@testable import Backup

/// What `--data-only` decides without a server.
@Suite struct DataOnlyDecisionsTests {
    private static func key(_ from: Int64, _ to: Int64, _ name: String = "k") -> LoadOrder.Key {
        LoadOrder.Key(schema: "s", table: "t\(from)", name: name, isDeferrable: false, from: from, to: to)
    }

    @Test("referenced tables come first, whatever order the archive has")
    func acyclic() {
        let order = LoadOrder(trees: [1, 2, 3], keys: [Self.key(1, 2), Self.key(2, 3), Self.key(1, 3)])
        #expect(order.loads == [2, 1, 0])
        #expect(order.deferred == [])
    }

    @Test("of a circle as few keys as an order leaves over wait for the end")
    func circle() {
        let order = LoadOrder(trees: [1, 2, 3], keys: [Self.key(1, 2), Self.key(2, 1), Self.key(3, 1)])
        #expect(order.loads == [0, 1, 2])
        #expect(order.deferred == [Self.key(1, 2)])
    }

    @Test("a table's key to itself is served by one COPY; that of a tree with several, or of INSERTs, is not")
    func itself() {
        #expect(LoadOrder(trees: [1], keys: [Self.key(1, 1)]).deferred == [])
        #expect(LoadOrder(trees: [1, 1], keys: [Self.key(1, 1)]).deferred == [Self.key(1, 1)])
        #expect(LoadOrder(trees: [1], keys: [Self.key(1, 1)], rowByRow: [1]).deferred == [Self.key(1, 1)])
    }

    @Test("types of columns are read from pg_dump's own definitions")
    func types() {
        let columns = ColumnTypes.columns(
            of: """
                CREATE TABLE public.t (
                    id integer NOT NULL,
                    "Name, full" character varying(10) DEFAULT 'a,b)'::character varying COLLATE pg_catalog."C",
                    mood public."Mood"[],
                    n numeric(10,2) GENERATED ALWAYS AS ((id * 2)) STORED,
                    at timestamp(3) without time zone,
                    CONSTRAINT c CHECK ((id > 0))
                )
                PARTITION BY RANGE (id);
                """)
        #expect(
            columns == [
                "id": "integer", "Name, full": "character varying(10)", "mood": "public.\"Mood\"[]",
                "n": "numeric(10,2)", "at": "timestamp(3) without time zone",
            ])
    }

    @Test("a COPY statement tells its table, columns and form")
    func copy() throws {
        let binary = try #require(CopyTarget("COPY public.t (id, \"a b\") FROM stdin WITH (FORMAT binary);\n"))
        #expect(binary.columns == ["id", "a b"] && binary.isBinary && binary.table.shown == "public.t")
        let bare = try #require(CopyTarget("COPY public.\"binary\"  FROM stdin;\n"))
        #expect(bare.columns == [] && !bare.isBinary)
    }
}
