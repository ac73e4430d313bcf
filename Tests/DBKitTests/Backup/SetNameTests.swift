import DBKit
import Foundation
import Testing

@Suite struct SetNameTests {
    private static let run = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    @Test("a name says when its set was begun, in UTC, and sorts by it")
    func time() throws {
        let name = SetName(time: Date(timeIntervalSince1970: 1_769_824_800.9), run: Self.run)
        #expect(name.text == "20260131T020000Z-\(Self.run)")
        #expect(SetName(name.text)?.time == Date(timeIntervalSince1970: 1_769_824_800))
        #expect(name < SetName(time: Date(timeIntervalSince1970: 1_769_824_801), run: Self.run))
    }

    @Test(
        "what is no set's name is not taken for one",
        arguments: [
            "", "20260131T020000Z", "20260231T020000Z-\(run)", "20260131T250000Z-\(run)", "20260131T020000Z-short",
            ".building-20260131T020000Z-\(run)", "20260131T020000Z-\(run)-x",
            "20260131T020000Z-01ARZ3NDEKTSV4RRFFQ69G5FAU",
        ])
    func strangers(text: String) {
        #expect(SetName(text) == nil)
    }

    @Test(
        "a database's folder is its name, encoded where a path would read it otherwise",
        arguments: [
            ("app", "app"), ("..", "%2E%2E"), ("a/b c", "a%2Fb%20c"), ("Ünï", "%C3%9Cn%C3%AF"), ("50%", "50%25"),
        ])
    func folder(database: String, folder: String) {
        #expect(DatabaseFolder.name(for: database) == folder)
        #expect(DatabaseFolder.database(for: folder) == database)
    }

    @Test("a folder that no database encodes to belongs to none", arguments: ["a b", "%2e", "%41", "%ZZ", "a.b"])
    func noFolder(folder: String) {
        #expect(DatabaseFolder.database(for: folder) == nil)
    }
}
