import DBKit

extension ArchiveTOC {
    /// A schema-only archive: one table, one view of it, an index, an extension.
    static func sample(_ version: Version) -> ArchiveTOC {
        let header = Header(
            version: version,
            compression: version >= .dump16 ? .algorithm(.gzip) : .level(-1),
            created: CreationTime(second: 30, minute: 22, hour: 6, day: 21, month: 10, year: 126, isDST: 0),
            database: "app", serverVersion: "15.18", dumpVersion: "15.18")
        return ArchiveTOC(
            header: header,
            entries: [
                ArchiveEntry(
                    dumpID: .init(rawValue: 90), tag: "ENCODING", kind: .encoding, section: .preData,
                    definition: "SET client_encoding = 'UTF8';\n"),
                ArchiveEntry(
                    dumpID: .init(rawValue: 2), tableOID: 3079, oid: 16_000, tag: "ext", kind: .serverExtension,
                    section: .preData, definition: "CREATE EXTENSION ext;\n"),
                ArchiveEntry(
                    dumpID: .init(rawValue: 5), tableOID: 1259, oid: 16_384, tag: "t", kind: .table,
                    section: .preData, definition: "CREATE TABLE public.t (id integer);\n",
                    dropStatement: "DROP TABLE public.t;\n", namespace: "public", tablespace: "",
                    tableAccessMethod: "heap", relkind: version >= .dump17 ? UInt8(ascii: "r") : 0, owner: "alice"),
                ArchiveEntry(
                    dumpID: .init(rawValue: 91), tag: "TABLE t", kind: .comment, section: .none,
                    definition: "COMMENT ON TABLE public.t IS 'x';\n", namespace: "public", owner: "alice",
                    dependencies: [.init(rawValue: 5)]),
                ArchiveEntry(
                    dumpID: .init(rawValue: 6), tableOID: 1259, oid: 16_390, tag: "m", kind: .materializedView,
                    section: .preData, definition: "CREATE MATERIALIZED VIEW public.m AS SELECT 1 WITH NO DATA;\n",
                    namespace: "public", owner: "alice", dependencies: [.init(rawValue: 5)]),
                ArchiveEntry(
                    dumpID: .init(rawValue: 7), tableOID: 1259, oid: 16_395, tag: "i", kind: "INDEX",
                    section: .postData, definition: "CREATE INDEX i ON public.t (id);\n", namespace: "public",
                    owner: "alice", dependencies: [.init(rawValue: 5), .init(rawValue: 99)]),
            ])
    }
}
