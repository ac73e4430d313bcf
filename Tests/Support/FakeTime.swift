// Another time of day for one process: Debian's faketime, as nothing in dbctl can be told what time it is.

public import Foundation
import Glibc

public enum FakeTime {
    /// What makes `dbctl`, and the programs that it starts, believe that it is this moment; time goes on from there. The
    /// monotonic clock stays as it is, and so does every other process.
    public static func environment(at moment: Date) async throws -> [String: String] {
        let offset = (moment.timeIntervalSinceNow * 1000).rounded() / 1000
        return [
            "LD_PRELOAD": "\(try await timers.value):\(try library())",
            "FAKETIME": offset < 0 ? "\(offset)" : "+\(offset)",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    private static func library() throws -> String {
        let root = "/usr/lib"
        let places = try FileManager.default.contentsOfDirectory(atPath: root).map {
            "\(root)/\($0)/faketime/libfaketime.so.1"
        }
        guard let found = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw TestSupportError("faketime is missing: run scripts/test, which installs it")
        }
        return found
    }

    /// Compiled once per test process, by the compiler that every Swift toolchain brings with it.
    private static let timers = Task {
        // Where the account of a throwaway server may read it, too; one of an earlier run is replaced.
        let file = "/tmp/dbctl-test-timers-\(geteuid()).so"
        let fresh = "\(file).\(ProcessInfo.processInfo.processIdentifier)"
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/faketime_timers.c").standardized.path
        let outcome = try await Program.run("clang", ["-shared", "-fPIC", "-O1", "-o", fresh, source])
        guard outcome.exitCode == 0 else { throw TestSupportError("clang: \(outcome.stderr)") }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fresh)
        guard unsafe rename(fresh, file) == 0 else { throw TestSupportError("\(fresh) could not be renamed") }
        return file
    }
}
