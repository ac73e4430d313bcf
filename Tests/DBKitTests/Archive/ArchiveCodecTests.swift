import DBKit
import TestSupport
import Testing

/// The codec on made-up archives; IntegrationTests hold it against files that pg_dump wrote.
@Suite struct ArchiveCodecTests {
    @Test("what is read is what was written, in every version", arguments: ArchiveTOC.Version.allCases)
    func roundTrip(version: ArchiveTOC.Version) throws {
        let toc = ArchiveTOC.sample(version)
        let bytes = toc.serialized()
        #expect(try ArchiveTOC(parsing: bytes) == toc)
        #expect(try ArchiveTOC(parsing: bytes).serialized() == bytes)
    }

    @Test("a file cut anywhere is refused with the byte offset, B3", arguments: ArchiveTOC.Version.allCases)
    func truncated(version: ArchiveTOC.Version) throws {
        let bytes = ArchiveTOC.sample(version).serialized()
        for length in bytes.indices {
            let failure = #expect(throws: Failure.self) { try ArchiveTOC(parsing: Array(bytes[..<length])) }
            #expect(failure?.code == .archiveMalformed)
            #expect(failure?.message.contains("at byte ") == true)
        }
    }

    @Test("bytes after the last entry are refused")
    func trailing() {
        #expect(throws: Failure.self) { try ArchiveTOC(parsing: ArchiveTOC.sample(.dump12).serialized() + [0]) }
    }

    @Test("whatever is read is written back byte for byte, however the file was damaged", arguments: 0..<20)
    func fuzzed(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let version = ArchiveTOC.Version.allCases[seed % 3]
        let original = ArchiveTOC.sample(version).serialized()
        for _ in 0..<500 {
            var bytes = original
            for _ in 0...random.below(3) {
                switch random.below(4) {
                case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 1: bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
                case 2: bytes.remove(at: random.below(bytes.count))
                default: bytes.insert([0, 1, 127, 255][random.below(4)], at: random.below(bytes.count))
                }
            }
            do {
                #expect(try ArchiveTOC(parsing: bytes).serialized() == bytes)
            } catch {
                #expect(error.category == .data)
            }
        }
    }

    @Test("a lying length costs no memory: two gigabytes announced, forty bytes there")
    func lyingLength() {
        var bytes = Array(ArchiveTOC.sample(.dump12).serialized()[..<11])
        for _ in 0..<8 { bytes += [0, 1, 0, 0, 0] }
        bytes += [0, 0xFF, 0xFF, 0xFF, 0x7F]
        #expect(throws: Failure.self) { try ArchiveTOC(parsing: bytes) }
    }

    @Test("an archive of pg_dump 11 or 19 is unsupported, not damaged", arguments: [13, 17] as [UInt8])
    func otherVersions(minor: UInt8) {
        var bytes = ArchiveTOC.sample(.dump12).serialized()
        bytes[6] = minor
        let failure = #expect(throws: Failure.self) { try ArchiveTOC(parsing: bytes) }
        #expect(failure?.code == .archiveUnsupported)
    }

    @Test("a custom-format archive is refused")
    func customFormat() {
        var bytes = ArchiveTOC.sample(.dump12).serialized()
        bytes[10] = 1
        #expect(throws: Failure.self) { try ArchiveTOC(parsing: bytes) }
    }

    @Test("text that is not UTF-8 survives")
    func latin1() throws {
        var toc = ArchiveTOC.sample(.dump17)
        toc.entries[0].tag = ArchiveText(bytes: [0x63, 0x61, 0x66, 0xE9])
        #expect(try ArchiveTOC(parsing: toc.serialized()) == toc)
    }
}
