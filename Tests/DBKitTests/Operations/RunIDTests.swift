import DBKit
import Foundation
import Testing

@Suite("RunID: a ULID")
struct RunIDTests {
    @Test("ids sort by time, carry it, and differ within a millisecond")
    func order() throws {
        let times = [0.0, 1.0, 1_469_918_176.385, 1_800_000_000.0, 281_474_976_710.0]
        let ids = times.map { seconds in RunID.make(at: WallClock { Date(timeIntervalSince1970: seconds) }) }
        #expect(ids.sorted() == ids)
        // The timestamp of the specification's own example, 01ARYZ6S41….
        #expect(ids[2].description.hasPrefix("01ARYZ6S41"))
        let same = (0..<1000).map { _ in RunID.make(at: WallClock { Date(timeIntervalSince1970: 5) }).description }
        #expect(Set(same).count == 1000)
        #expect(Set(same.map { $0.prefix(10) }).count == 1)
    }

    @Test("only 26 characters of Crockford's base 32 are a run id")
    func parsing() throws {
        let id = RunID.make()
        #expect(RunID(id.description) == id)
        #expect(RunID(id.description.lowercased()) == id)
        for text in ["", "01ARZ3NDEKTSV4RRFFQ69G5FA", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU"] {
            #expect(RunID(text) == nil, "\(text)")
        }
        #expect(try JSONDecoder().decode(RunID.self, from: JSONEncoder().encode(id)) == id)
    }
}
