// Files as they are named and compressed, and what stops a feed that waits (R4).

import Foundation
import Operations
import Storage
import TestSupport
import Testing

@testable import Refresh

@Suite("The files of a feed, as they are named and compressed") struct FeedFilesTests {
    private let text = "asset_id,date,close\n1,2026-03-12,5\n2,2026-03-12,6\n"
    private let rows: [[String?]] = [["1", "2026-03-12", "5"], ["2", "2026-03-12", "6"]]

    private func failure(_ arguments: [String]) -> Failure? {
        do throws(Failure) {
            _ = try FeedFiles(arguments)
            return nil
        } catch {
            return error
        }
    }

    @Test("patterns are expanded and sorted, what a run left behind and folders are not among them")
    func patterns() async throws {
        try await withTemporaryFolder { folder in
            for name in ["b.csv", "a.csv", "c.txt", "[x].csv", "a.csv.rejected.csv", "b.csv.quarantine.csv"] {
                try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            try FileManager.default.createDirectory(atPath: "\(folder)/d.csv", withIntermediateDirectories: false)
            #expect(
                try FeedFiles(["\(folder)/*.csv"]).names == ["[x].csv", "a.csv", "b.csv"].map { "\(folder)/\($0)" })
            #expect(try FeedFiles(["\(folder)/[x].csv"]).names == ["\(folder)/[x].csv"], "a name before a pattern")
            #expect(
                try FeedFiles(["\(folder)/c.txt", "\(folder)/?.*", "\(folder)/c.txt"]).names
                    == ["c.txt", "a.csv", "b.csv"].map { "\(folder)/\($0)" }, "each file once")
            #expect(failure(["\(folder)/*.json"])?.code == .fileNotFound)
            #expect(failure(["\(folder)/none.csv"])?.code == .fileNotFound)
            #expect(failure([folder])?.code == .refreshFormat)
        }
    }

    @Test("standard input is read alone")
    func standardInput() throws {
        #expect(try FeedFiles(["-"]).isStandardInput)
        #expect(failure(["-", "a.csv"])?.code == .refreshFiles)
        #expect(failure([])?.category == .usage)
    }

    @Test(
        "compressed files are told by their content, in one frame or several, whatever they are called",
        arguments: ["gzip -c", "zstd -qc", "cat"], ["feed.csv", "feed.csv.gz", "feed.csv.zst"])
    func compressed(_ tool: String, _ name: String) async throws {
        try await withTemporaryFolder { folder in
            let half = text.utf8.count / 2
            try text.write(toFile: "\(folder)/whole", atomically: true, encoding: .utf8)
            let script =
                "\(tool) whole > one && { head -c \(half) whole | \(tool); tail -c +\(half + 1) whole | \(tool); } > two"
            let said = try await Program.run("/bin/sh", ["-c", script], folder: folder)
            try #require(said.exitCode == 0)
            for file in ["one", "two"] {
                let path = "\(folder)/\(file)-\(name)"
                try FileManager.default.moveItem(atPath: "\(folder)/\(file)", toPath: path)
                let outcome = try FeedScene().read(paths: [path])
                #expect(outcome.values == rows, "\(file): \(outcome.failure?.message ?? "")")
            }
        }
    }

    @Test(
        "R4: a compressed file that was cut off refuses the feed, at whatever byte", arguments: ["gzip -c", "zstd -qc"])
    func truncated(_ tool: String) async throws {
        try await withTemporaryFolder { folder in
            let lines = (1...2000).map { "\($0),2026-03-12,\($0 * 7919 % 1000).25" }.joined(separator: "\n")
            try "asset_id,date,close\n\(lines)\n".write(toFile: "\(folder)/whole", atomically: true, encoding: .utf8)
            let said = try await Program.run("/bin/sh", ["-c", "\(tool) whole > packed"], folder: folder)
            try #require(said.exitCode == 0)
            let packed = Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/packed")))
            var random = SeededGenerator(seed: 3)
            for length in [packed.count - 1, packed.count - 4, 12]
                + (0..<20).map({ _ in 12 + random.below(packed.count - 13) })
            {
                let outcome = try await FeedScene().read(("feed.csv", Array(packed[..<length])))
                #expect(outcome.failure?.category == .data, "cut at \(length) of \(packed.count)")
            }
            #expect(try await FeedScene().read(("feed.csv", packed)).rows.count == 2000)
            var damaged = packed
            damaged[packed.count / 2] ^= 0x55
            #expect(try await FeedScene().read(("feed.csv", damaged)).failure?.category == .data)
        }
    }

    @Test("R4: kinds of compression that are not read are named with the tool that does")
    func otherCompression() async throws {
        for (bytes, tool) in [
            ([0x50, 0x4B, 3, 4, 0, 0, 0], "unzip -p"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0], "xz -dc"),
            (Array("BZh91AY&SY".utf8), "bzip2 -dc"), ([4, 0x22, 0x4D, 0x18, 0, 0], "lz4 -dc"),
        ] as [([UInt8], String)] {
            let outcome = try await FeedScene().read(("feed.csv", bytes))
            #expect(outcome.code == "refresh.format")
            #expect(outcome.failure?.hint?.contains(tool) == true)
        }
        let named = try await FeedScene().read("BZh,asset_id,date\n1,2,2026-03-12\n")
        #expect(named.code == "refresh.header", "a header may begin so")
    }

    @Test(
        "a file that unfolds to a thousand times its size comes in small pieces", arguments: ["gzip -9c", "zstd -qc"])
    func unfolding(_ tool: String) async throws {
        try await withTemporaryFolder { folder in
            let said = try await Program.run(
                "/bin/sh", ["-c", "head -c 50000000 /dev/zero | \(tool) > bomb"], folder: folder)
            try #require(said.exitCode == 0)
            let file = DecompressedFile(try SequentialFile(opening: "\(folder)/bomb"))
            var total = 0
            var largest = 0
            while try file.next({ block in
                total += block.byteCount
                largest = max(largest, block.byteCount)
            }) {}
            #expect(total == 50_000_000)
            #expect(largest <= 256 << 10)
        }
    }

    @Test("R11: a zstd file that would need more memory than there is for it is refused")
    func longWindow() async throws {
        try await withTemporaryFolder { folder in
            let script = "head -c 70000000 /dev/zero | zstd -q --long=26 -c > long"
            let said = try await Program.run("/bin/sh", ["-c", script], folder: folder)
            try #require(said.exitCode == 0)
            let outcome = try FeedScene().read(paths: ["\(folder)/long"])
            #expect(outcome.code == "refresh.format")
            #expect(outcome.failure?.hint?.contains("zstd -dc") == true)
        }
    }

    @Test("a pipe by name is read as it comes, and a cancelled run does not wait for its writer")
    func pipe() async throws {
        try await withTemporaryFolder { folder in
            let said = try await Program.run("mkfifo", ["\(folder)/pipe"])
            try #require(said.exitCode == 0)
            let path = "\(folder)/pipe"
            let script = "(printf 'asset_id,date\\n1,2026-'; printf '03-12\\n2,2026-03-12\\n') > pipe"
            async let writing = Program.run("/bin/sh", ["-c", script], folder: folder)
            let outcome = try FeedScene().read(paths: [path])
            #expect(try await writing.exitCode == 0)
            #expect(outcome.values == [["1", "2026-03-12"], ["2", "2026-03-12"]])
            let waiting = Task { try FeedScene().read(paths: [path]) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
