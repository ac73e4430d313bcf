import Testing

@testable import Backup

/// Which types may travel in binary, and which binary forms another database would not repeat.
@Suite struct TypeGraphTests {
    private static let graph = TypeGraph([
        23: .init(name: "int4", schema: "pg_catalog", kind: .base),
        25: .init(name: "text", schema: "pg_catalog", kind: .base),
        1007: .init(name: "_int4", schema: "pg_catalog", kind: .base, isArray: true, parts: [23]),
        2205: .init(name: "regclass", schema: "pg_catalog", kind: .base),
        2210: .init(name: "_regclass", schema: "pg_catalog", kind: .base, isArray: true, parts: [2205]),
        142: .init(name: "xml", schema: "pg_catalog", kind: .base),
        1033: .init(name: "aclitem", schema: "pg_catalog", kind: .base, hasBinaryForm: false),
        3904: .init(name: "int4range", schema: "pg_catalog", kind: .range, parts: [23]),
        16400: .init(name: "mood", schema: "public", kind: .enumeration),
        16401: .init(name: "_mood", schema: "public", kind: .base, isArray: true, parts: [16400]),
        16402: .init(name: "pair", schema: "public", kind: .composite, parts: [23, 25]),
        16403: .init(name: "moody", schema: "public", kind: .composite, parts: [23, 16400]),
        16404: .init(name: "hidden", schema: "public", kind: .composite, parts: [23, 2205]),
        16405: .init(name: "positive", schema: "public", kind: .domain, parts: [23]),
        16406: .init(name: "span", schema: "public", kind: .range, parts: [16405]),
        16407: .init(name: "own", schema: "public", kind: .base),
        16408: .init(name: "citext", schema: "public", kind: .base, ownedBy: "citext"),
        16409: .init(name: "geometry", schema: "public", kind: .base, ownedBy: "postgis"),
        16410: .init(name: "deep", schema: "public", kind: .domain, parts: [16404]),
        16411: .init(name: "moods", schema: "public", kind: .range, parts: [16403]),
    ])

    @Test(
        "what says in binary all that it says in text travels in binary",
        arguments: [23, 25, 1007, 3904, 16400, 16401, 16402, 16403, 16405, 16406, 16408, 16411] as [UInt32])
    func binary(type: UInt32) {
        #expect(Self.graph.travelsInBinary(type))
    }

    @Test(
        "reg*, xml, types without a binary form and unknown ones travel as text, at any depth",
        arguments: [2205, 2210, 142, 1033, 16404, 16407, 16409, 16410, 99_999] as [UInt32])
    func text(type: UInt32) {
        #expect(!Self.graph.travelsInBinary(type))
    }

    @Test("the binary form of arrays and composites of user types carries OIDs, that of others does not")
    func oids() {
        for type in [16401, 16403, 16411] as [UInt32] { #expect(Self.graph.carriesOIDs(type), "\(type)") }
        for type in [23, 1007, 3904, 16400, 16402, 16405, 16406] as [UInt32] {
            #expect(!Self.graph.carriesOIDs(type), "\(type)")
        }
    }

    @Test("an enum is found at any depth of a hash key")
    func enums() {
        for type in [16400, 16401, 16403, 16411, 3500] as [UInt32] { #expect(Self.graph.involvesEnum(type)) }
        for type in [23, 16402, 16405] as [UInt32] { #expect(!Self.graph.involvesEnum(type)) }
    }
}
