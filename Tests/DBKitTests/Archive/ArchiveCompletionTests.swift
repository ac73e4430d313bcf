import DBKit
import Testing

@Suite struct ArchiveCompletionTests {
    static let table = ArchiveCompletion.Relation(oid: 16_384, schema: "public", name: "t", owner: "alice")
    static let view = ArchiveCompletion.Relation(oid: 16_390, schema: "public", name: "m", owner: "alice")

    @Test("data entries stand between pre-data and post-data, refreshes at the end, as in pg_dump's own archive")
    func order() throws {
        var completion = ArchiveCompletion(of: .sample(.dump12))
        try completion.addRefresh(Self.view, after: [])
        _ = completion.addLargeObjects([.init(oid: 7, owner: "bob", grants: "GRANT …", comment: "it's")])
        let data = try completion.addTableData(Self.table, columns: ["id", "Odd \"x\""], format: .binary)
        let toc = completion.completed()
        #expect(
            toc.entries.map(\.kind.description) == [
                "ENCODING", "EXTENSION", "TABLE", "COMMENT", "MATERIALIZED VIEW", "BLOB", "COMMENT", "ACL",
                "TABLE DATA", "BLOBS", "INDEX", "MATERIALIZED VIEW DATA",
            ])
        #expect(
            data.copyStatement?.string
                == #"COPY public.t ("id", "Odd ""x""") FROM stdin WITH (FORMAT binary);"# + "\n")
        #expect(data.dependencies == [DumpID(rawValue: 5)])
        #expect(data.fileName?.string == "\(data.dumpID.rawValue).dat")
        #expect(Set(toc.entries.map(\.dumpID)).count == toc.entries.count)
        #expect(data.dumpID.rawValue > 99, "a section boundary's number is taken though it has no entry")
        #expect(toc.entries[6].definition == "COMMENT ON LARGE OBJECT 7 IS 'it''s';\n")
        #expect(try ArchiveTOC(parsing: toc.serialized()) == toc)
    }

    @Test("the data of an extension's configuration table depend on the extension and on the tables it references")
    func configurationTable() throws {
        var completion = ArchiveCompletion(of: .sample(.dump12))
        let config = ArchiveCompletion.Relation(
            oid: 50, schema: "public", name: "config", owner: "alice", extensionOID: 16_000)
        let first = try completion.addTableData(Self.table, columns: [], format: .text)
        let second = try completion.addTableData(config, columns: ["a"], format: .text, after: [Self.table.oid])
        #expect(first.copyStatement == "COPY public.t  FROM stdin;\n")
        #expect(second.dependencies == [DumpID(rawValue: 2), first.dumpID])
    }

    @Test("a relation that the schema does not hold is refused, not archived without its definition")
    func unknownRelation() {
        var completion = ArchiveCompletion(of: .sample(.dump12))
        let stranger = ArchiveCompletion.Relation(oid: 1, schema: "s", name: "x", owner: "o")
        #expect(throws: Failure.self) { try completion.addTableData(stranger, columns: [], format: .text) }
    }

    @Test("a partition that must be routed again loads through its root, with pg_dump's marker")
    func throughRoot() throws {
        var completion = ArchiveCompletion(of: .sample(.dump12))
        let root = ArchiveCompletion.Relation(oid: 2, schema: "s", name: "root", owner: "alice")
        let entry = try completion.addTableData(Self.table, columns: ["k"], format: .text, throughRoot: root)
        #expect(entry.definition == "-- load via partition root \"s\".\"root\"")
        #expect(entry.copyStatement == "COPY \"s\".\"root\" (\"k\") FROM stdin;\n")
    }

    @Test("a sequence's name survives quotes and backslashes in the setval literal")
    func sequence() throws {
        var completion = ArchiveCompletion(of: .sample(.dump12))
        var hostile = Self.view
        hostile.name = #"a'b\c"#
        try completion.addSequenceValue(hostile, last: 7, isCalled: true)
        let entry = completion.completed().entries.first { $0.kind == .sequenceSet }
        #expect(entry?.definition?.string == #"SELECT pg_catalog.setval(E'"public"."a''b\\c"', 7, true);"# + "\n")
    }

    @Test("from archive 1.16 on, large objects of one owner share entries, a thousand at most; those with ACLs do not")
    func groups() throws {
        var completion = ArchiveCompletion(of: .sample(.dump17))
        var objects = (1...1001).map { ArchivedLargeObject(oid: $0, owner: "alice") }
        objects.append(ArchivedLargeObject(oid: 2000, owner: "alice", grants: "GRANT …"))
        objects.append(ArchivedLargeObject(oid: 5, owner: "bob"))
        let indexes = completion.addLargeObjects(objects)
        #expect(indexes.map(\.objects.count) == [1000, 1, 1, 1])
        let metadata = completion.completed().entries.filter { $0.kind == .largeObjectMetadata }
        #expect(metadata.map(\.tag?.string) == ["1..1000", "1001", "2000", "5"])
        #expect(indexes[3].text == "5 blob_5.dat\n")
    }
}
