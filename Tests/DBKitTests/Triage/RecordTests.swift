// A record on disk: what was written comes back, and what is damaged is named.

import Foundation
import Operations
import TestSupport
import Testing
import Triage

@Suite("A record of looks")
struct RecordTests {
    private var looks: [Observation] {
        (0..<5).map { number in
            var scene = Scene()
            scene.add(number * 40, "web", query: "SELECT '\u{2028} \n “x” 東京 \u{1B}[31m'")
            scene.wait(number, behind: holders([1]))
            scene.observation.time += Double(number)
            return scene.observation
        }
    }

    private func record(_ folder: String) throws -> String {
        let path = "\(folder)/r.ndjson"
        let writer = try RecordWriter(path: path)
        for look in looks { try writer.add(look) }
        return path
    }

    @Test("what was written comes back, forwards, backwards and again")
    func same() async throws {
        try await withTemporaryFolder { folder in
            let reader = try RecordReader(path: try record(folder))
            for number in [0, 1, 4, 3, 0, 2, 4, 4] {
                #expect(try reader.observation(number) == looks[number], "look \(number)")
            }
            #expect(try reader.observation(5) == nil)
            #expect(try reader.observation(99) == nil)
            #expect(try reader.observation(1) == looks[1])
        }
    }

    @Test("each look is in the file as soon as it was taken, for its owner's eyes only")
    func written() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/r.ndjson"
            let writer = try RecordWriter(path: path)
            for number in looks.indices {
                try writer.add(looks[number])
                let reader = try RecordReader(path: path)
                #expect(try reader.observation(number) == looks[number])
                #expect(try reader.observation(number + 1) == nil)
            }
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("a file that is there is never touched")
    func exists() async throws {
        try await withTemporaryFolder { folder in
            let path = try record(folder)
            let before = try Data(contentsOf: URL(filePath: path))
            #expect { try RecordWriter(path: path) } throws: { failure($0)?.code.name == "file.exists" }
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
            #expect { try RecordWriter(path: "\(folder)/no/such") } throws: {
                failure($0)?.code.name == "file.not_created"
            }
        }
    }

    @Test("the end of a killed recorder's line is no look; wherever it was cut", arguments: [1, 2, 40, 2000])
    func truncated(_ missing: Int) async throws {
        try await withTemporaryFolder { folder in
            let path = try record(folder)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.truncate(atOffset: UInt64(size - missing))
            let reader = try RecordReader(path: path)
            for number in 0..<4 { #expect(try reader.observation(number) == looks[number]) }
            // Only the line's end is missing: the look is whole.
            #expect(try reader.observation(4) == (missing == 1 ? looks[4] : nil))
        }
    }

    @Test("a damaged line is 65 and named; the others can be read")
    func damaged() async throws {
        try await withTemporaryFolder { folder in
            let path = try record(folder)
            var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
            lines[2] = String(lines[2].dropLast(20))
            lines[3] = ""
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
            let reader = try RecordReader(path: path)
            #expect(try reader.observation(1) == looks[1])
            for number in [2, 3] {
                #expect { try reader.observation(number) } throws: { error in
                    failure(error)?.code.name == "record.damaged" && failure(error)?.category == .data
                        && failure(error)?.message.contains("line \(number + 1) ") == true
                }
            }
            #expect(try reader.observation(4) == looks[4])
        }
    }

    @Test("what is no record at all is damaged in line 1", arguments: ["", "hello", "{}\n", "\u{0}\u{1}\u{2}"])
    func noRecord(_ text: String) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/x"
            try Data(text.utf8).write(to: URL(filePath: path))
            let reader = try RecordReader(path: path)
            #expect { try reader.observation(0) } throws: { error in
                failure(error)?.code.name == "record.damaged" && failure(error)?.message.contains("line 1 ") == true
            }
        }
    }

    @Test("a missing file is 66, a folder 74")
    func missing() async throws {
        try await withTemporaryFolder { folder in
            #expect { try RecordReader(path: "\(folder)/x") } throws: { failure($0)?.category == .notFound }
            #expect { try RecordReader(path: folder) } throws: { failure($0)?.category == .io }
        }
    }

    private func failure(_ error: any Error) -> Failure? { error as? Failure }
}
