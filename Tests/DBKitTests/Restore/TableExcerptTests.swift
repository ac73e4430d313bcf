import Testing

@testable import Backup

/// What belongs to a table, and the names that it gets elsewhere.
@Suite struct TableExcerptTests {
    @Test(
        "a table is named as it is typed; quotes are for dots",
        arguments: [
            ("public.prices", "public", "prices"), ("prices", nil, "prices"), ("\"a.b\".c", "a.b", "c"),
            ("a.\"b\"\"c\"", "a", "b\"c"), ("Données.Tâble", "Données", "Tâble"),
        ] as [(String, String?, String)])
    func names(text: String, schema: String?, name: String) {
        #expect(TableName(text) == TableName(schema: schema, name: name))
    }

    @Test("what is no name of a table is refused", arguments: ["", ".", "a.", ".b", "a.b.c", "\"a", "a.\"\""])
    func noNames(text: String) {
        #expect(TableName(text) == nil)
    }

    @Test("what begins with the old name begins with the new one; other names change only where they are taken")
    func copyNames() {
        var names = CopyNames(of: "prices", as: "prices_old", taken: ["prices", "prices_pkey", "by_day"])
        #expect(names.name(for: "prices_pkey") == "prices_old_pkey")
        #expect(names.name(for: "by_day") == "prices_old_by_day")
        #expect(names.name(for: "free") == "free")
        #expect(names.name(for: "prices") == "prices_old")
        #expect(names.name(for: "pricesque") == "pricesque")
    }

    @Test("a name is never longer than the server keeps, nor given twice")
    func longNames() {
        let long = String(repeating: "ü", count: 31)
        var names = CopyNames(of: "t", as: long, taken: [])
        let first = names.name(for: "t_abcdef")
        let second = names.name(for: "t_abcdeg")
        #expect(first.utf8.count <= 63 && second.utf8.count <= 63)
        #expect(first != second)
    }

    private static func entry(
        _ id: Int32, _ kind: ArchiveEntry.Kind, _ tag: String, _ sql: String, needs: [Int32] = [],
        section: ArchiveEntry.Section = .postData
    ) -> ArchiveEntry {
        ArchiveEntry(
            dumpID: .init(rawValue: id), tag: ArchiveText(tag), kind: kind, section: section,
            definition: ArchiveText(sql), namespace: "public", dependencies: needs.map { .init(rawValue: $0) })
    }

    private static let table = entry(1, .table, "t", "CREATE TABLE public.t (id integer);\n", section: .preData)
    private static let other = entry(2, .table, "u", "CREATE TABLE public.u (t integer);\n", section: .preData)

    private static func excerpt(_ entries: [ArchiveEntry]) -> TableExcerpt {
        var toc = ArchiveTOC.sample(.dump16)
        toc.entries = [table, other] + entries
        return TableExcerpt(of: [table], in: toc, scope: .all)
    }

    @Test("a policy or rule of another table that looks at this one is not part of it")
    func foreignPolicy() {
        let own = Self.entry(3, "POLICY", "t mine", "CREATE POLICY mine ON public.t;\n", needs: [1, 2])
        let others = Self.entry(4, "POLICY", "u theirs", "CREATE POLICY theirs ON public.u;\n", needs: [2, 1])
        let rule = Self.entry(
            5, "RULE", "u log", "CREATE RULE log AS ON INSERT TO public.u DO ALSO …;\n", needs: [1, 2])
        #expect(Self.excerpt([own, others, rule]).parts.map(\.dumpID.rawValue) == [1, 3])
    }

    @Test("foreign keys are told apart: of the table, of another one to it, and to itself")
    func foreignKeys() throws {
        func key(_ id: Int32, _ from: String, _ to: String) -> ArchiveEntry {
            Self.entry(
                id, "FK CONSTRAINT", "\(from) k\(id)",
                "ALTER TABLE ONLY public.\(from)\n    ADD CONSTRAINT k\(id) FOREIGN KEY (a) REFERENCES public.\(to)(id);\n",
                needs: from == to ? [1] : [1, 2])
        }
        let excerpt = Self.excerpt([key(3, "t", "u"), key(4, "u", "t"), key(5, "t", "t"), key(6, "u", "u")])
        #expect(excerpt.parts.map(\.dumpID.rawValue) == [1, 5])
        let links = excerpt.links.compactMap { link -> String? in
            guard case .foreignKey(let key, let isIncoming) = link else { return nil }
            return "\(key.name) \(isIncoming)"
        }
        #expect(links == ["k3 false", "k4 true"])
    }

    @Test(
        "a foreign key is first added without a look at the rows, unless it says itself how",
        arguments: [
            ("REFERENCES public.u(id) DEFERRABLE;\n", "REFERENCES public.u(id) DEFERRABLE NOT VALID;\n"),
            ("REFERENCES public.u(id) NOT VALID;\n", nil), ("REFERENCES public.u(id) NOT ENFORCED;\n", nil),
            ("REFERENCES public.\"NOT VALID\"(id);\n", "REFERENCES public.\"NOT VALID\"(id) NOT VALID;\n"),
        ] as [(String, String?)])
    func unchecked(end: String, wanted: String?) throws {
        let head = "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT \"k k\" FOREIGN KEY (a) "
        let key = try #require(ForeignKey(Self.entry(3, "FK CONSTRAINT", "t k k", head + end, needs: [1, 2])))
        #expect(key.unchecked?.string == wanted.map { head + $0 })
        #expect(key.name == "k k")
    }

    @Test(
        "only names of what is moved change, also where they stand in a string that is a name",
        arguments: [
            ("CREATE TABLE public.t (a public.mood);", "CREATE TABLE \"s_0\".t (a public.mood);"),
            ("COPY public.t (a) FROM stdin;\n", "COPY \"s_0\".t (a) FROM stdin;\n"),
            (
                "ALTER TABLE ONLY public.t ALTER COLUMN a SET DEFAULT nextval('public.t_a_seq'::regclass);",
                "ALTER TABLE ONLY \"s_0\".t ALTER COLUMN a SET DEFAULT nextval('\"s_0\".\"t_a_seq\"'::regclass);"
            ),
            ("SELECT pg_catalog.setval('public.t_a_seq', 5);", "SELECT pg_catalog.setval('\"s_0\".\"t_a_seq\"', 5);"),
            ("COMMENT ON TABLE public.t IS 'public.t';", "COMMENT ON TABLE \"s_0\".t IS 'public.t';"),
            ("COMMENT ON COLUMN public.t.a IS '';", "COMMENT ON COLUMN \"s_0\".t.a IS '';"),
            ("CHECK (x.public.t)", "CHECK (x.public.t)"), ("REFERENCES public.u(id)", "REFERENCES public.u(id)"),
        ])
    func relocation(old: String, new: String) {
        let sequence = Self.entry(3, .sequence, "t_a_seq", "CREATE SEQUENCE public.t_a_seq;\n", section: .preData)
        let relocation = Relocation(of: [Self.table, sequence], staging: "s")
        #expect(relocation.rewritten(ArchiveText(old)).string == new)
    }
}
