import DBKit
import Testing

/// The checksums in other tools' histories. Vectors: Python's zlib and hashlib; Rust's own hasher and refinery's tests;
/// Atlas itself.
@Suite struct MigrationForeignChecksumTests {
    static let vectors: [(String, Int32, String, String)] = [
        (
            "CREATE TABLE a (\n  id int\n);\n", 1_420_201_952,
            "ba97ae4cd7b8fb155b9101686c6c3f0b0619fdb0b7cab5bfd1ce6cbeacfe901c6249fc05ccd0f4355e9e06cab8b9b400",
            "8ae76aaa24f2a5e06d8c47dd102019be91855d06c0bc45de48e39fd6d2292c84"
        ),
        (
            "\u{FEFF}SELECT 1;\r\nSELECT 2;\rSELECT 3;\n\n", 1_589_608_666,
            "69dc60ff357a928fca64abc656a6c8e02d9f45fdbcb19c7f557f31d71bb3d0c6a6a674fa2c1bad86b2ba471c1c1f7852",
            "aa836afdbe36f4bba433542bc01c88d13d6d7de3c96d628db3b76f9f07bc5e6a"
        ),
        (
            "", 0, "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        (
            "SELECT 'hé';", 613_356_599,
            "c64ceadce578537f1380b883be9e67d1f4632c0c938c92965c3df2689f8227b337fe48b9351319583670f19aa8275803",
            "2e6b63cb57bfa618e36d3e7996fea0409f7589b12f97cac23a0105f345426850"
        ),
        (
            "SELECT 8;", -714_045_419,
            "07780477349dfb8e16e0ee91f542208a7375ecc2dd2c3c58886ab8178f1f0d2fae2acb2860280fb1e3893016c0d2bb5e",
            "443f5d8246bdda3e3a339b04caa59b95907acb618b70ed8d9a182b5ed1f01ca8"
        ),
    ]

    @Test("Flyway's, sqlx's and Prisma's", arguments: vectors)
    func digests(_ text: String, _ flyway: Int32, _ sqlx: String, _ prisma: String) {
        let bytes = Array(text.utf8)
        #expect(ForeignChecksum.flyway(bytes) == flyway)
        #expect(ForeignChecksum.sqlx(bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == sqlx)
        #expect(ForeignChecksum.prisma(bytes) == prisma)
    }

    @Test("Flyway's does not know line ends")
    func lineEnds() {
        let checksums = ["a\nb\n", "a\r\nb", "a\rb\r", "\u{FEFF}a\n\nb", "ab"].map {
            ForeignChecksum.flyway(Array($0.utf8))
        }
        #expect(Set(checksums).count == 1)
        #expect(ForeignChecksum.flyway(Array("a\u{FEFF}b".utf8)) != checksums[0])
    }

    @Test("refinery's, with versions of four and of eight bytes")
    func refinery() {
        let persons = "CREATE TABLE persons (\n    id int,\n    name varchar(255),\n    city varchar(255)\n);\n"
        let cars = "CREATE TABLE cars (\n    id int,\n    name varchar(255)\n);\n"
        func checksum(_ name: String, _ version: Int64, _ sql: String, isWide: Bool = false) -> UInt64 {
            ForeignChecksum.refinery(name: name, version: version, sql: Array(sql.utf8), isWide: isWide)
        }
        #expect(checksum("initial", 1, persons) == 2_959_965_718_684_201_605)
        #expect(checksum("initial", 1, persons, isWide: true) == 13_938_959_368_620_441_626)
        #expect(checksum("add_cars_table", 2, cars) == 8_238_603_820_526_370_208)
        #expect(checksum("initial", 1, "CREATE TABLE a();\n") == 3_424_827_480_994_483_286)
        #expect(checksum("add_users", 20_240_102, "-- é\r\nSELECT 1;") == 5_399_414_270_685_756_102)
        #expect(checksum("add_users", 20_240_102, "-- é\r\nSELECT 1;", isWide: true) == 18_064_138_013_598_076_382)
        #expect(checksum("x", 3, "") == 8_348_539_945_620_639_140)
        #expect(
            checksum("add_cars_table", 2, String(repeating: "SELECT 1;\n", count: 20)) == 10_064_510_857_047_486_806)
    }

    @Test("Atlas's file of hashes, byte for byte")
    func atlas() {
        let first = ("1_initial.sql", Array("CREATE TABLE t (id INT);\n".utf8))
        let second = ("2_second.sql", Array("CREATE TABLE u (id INT);\n".utf8))
        #expect(
            AtlasSum([first]).text
                == "h1:RwlBQllTgRiQ5aUj9/rR1G0CguPI2caCrrSf7y+LbzA=\n"
                + "1_initial.sql h1:7PYyx3jJKyr9v/6Ta0xuXTz4HqAKDLjXxLWjRtnDhWA=\n")
        #expect(
            AtlasSum([first, second]).text
                == "h1:+34914C9ncHjtpQsy5S8WcVKs661cvqzMlPhZ7LbT0E=\n"
                + "1_initial.sql h1:7PYyx3jJKyr9v/6Ta0xuXTz4HqAKDLjXxLWjRtnDhWA=\n"
                + "2_second.sql h1:ZwOkl2cGwIRo6FFePelI6LT91EmqcXgP9/b9YOhfahg=\n")
        let ignored = ("3_x.sql", Array("-- atlas:sum ignore\nSELECT 1;\n".utf8))
        #expect(AtlasSum([first, ignored]).entries.map(\.name) == ["1_initial.sql"])
    }
}
