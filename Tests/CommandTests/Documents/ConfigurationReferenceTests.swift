import DBKit
import Foundation
import Testing

@testable import dbctl

@Suite("docs/configuration.md") struct ConfigurationReferenceTests {
    @Test("it has every key of the schema with type, default and meaning; scripts/docs writes it anew")
    func reference() throws {
        let file = Sources.root.appending(path: "docs/configuration.md")
        let wanted = ConfigurationReference.text
        if ProcessInfo.processInfo.environment["DBCTL_WRITE_DOCS"] != nil { try Data(wanted.utf8).write(to: file) }
        #expect(try String(contentsOf: file, encoding: .utf8) == wanted, "run scripts/docs")
    }

    @Test("defaults of feeds and partitions are those that a declaration without them has")
    func defaults() throws {
        func decoded(_ text: String) throws -> Configuration {
            Configuration(
                file: "dbctl.yaml", root: try ConfigurationDecoder.decode(text, file: "dbctl.yaml"), environment: [:])
        }
        func said(_ path: String) -> String {
            ConfigurationReference.fallbacks(path).map { "\($0): \($1)" }.joined(separator: ", ")
        }
        let guards = said("feeds.NAME.guards")
        let feed = "feeds: {f: {table: t, key: id"
        let plain = try decoded("\(feed)}}").feeds.section("f").definition()
        let spelled = try decoded("\(feed), \(said("feeds.NAME")), guards: {\(guards)}}}").feeds.section("f")
            .definition()
        #expect(guards.contains("max_jump") && plain == spelled)

        let table = "partitions: [{table: t, by: c, every: 1 month"
        let bare = try #require(try decoded("\(table)}]").partitions().first)
        let full = try #require(try decoded("\(table), \(said("partitions[]"))}]").partitions().first)
        #expect(bare.zone == full.zone && bare.ahead == full.ahead && bare.onExpire == full.onExpire)
    }

    @Test("a wrong value is told with what the key is for")
    func meaning() {
        #expect {
            try ConfigurationDecoder.decode("backup:\n  jobs: many\n", file: "dbctl.yaml")
        } throws: { error in
            (error as? Failure)?.hint?.contains("read or loaded at once") == true
        }
    }
}
