// The built binary, run as a user runs it.

import Foundation
import Glibc
import Subprocess
import SystemPackage

public enum DbctlBinary {
    /// `dbctl` beside the test bundle.
    public static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folders = ([bundle] + CommandLine.arguments).map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path
        }
        return folders.map { "\($0)/dbctl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
            ?? "\(folders[0])/dbctl"
    }()
}

/// What a run of dbctl came to.
public struct DbctlOutcome: Sendable, CustomStringConvertible {
    /// 128 + the signal when one ended it.
    public let exitCode: Int32
    public let stdout: String
    public let stderr: String

    /// The one document that `--format json` prints. Throws when standard output is anything else.
    public func json() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(stdout.utf8))
        guard let document = value as? [String: Any] else { throw TestSupportError("no JSON object: \(self)") }
        return document
    }

    public func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(stdout.utf8))
        } catch {
            throw TestSupportError("\(error)\n\(self)")
        }
    }

    public var description: String { "exit \(exitCode)\n--- stdout\n\(stdout)\n--- stderr\n\(stderr)" }
}

public enum Dbctl {
    /// Runs `dbctl` to its end, with none of the test's own environment but PATH.
    public static func run(
        _ arguments: [String], env: [String: String] = [:], stdin: String = "", folder: String = "/tmp"
    ) async throws -> DbctlOutcome {
        let outcome = try await Program.run(
            DbctlBinary.path, arguments, environment: environment(env), input: stdin, folder: folder)
        return DbctlOutcome(exitCode: outcome.exitCode, stdout: outcome.stdout, stderr: outcome.stderr)
    }

    /// Starts `dbctl` and hands the running process to the body, for signals; returns how it ended. A process that
    /// still runs after the body is waited for; when the body throws, it is killed.
    public static func withRunning(
        _ arguments: [String], env: [String: String] = [:], stdin: String = "", folder: String = "/tmp",
        isolation: isolated (any Actor)? = #isolation,
        _ body: (RunningDbctl) async throws -> Void
    ) async throws -> DbctlOutcome {
        try await withTemporaryFolder { files in
            let output = "\(files)/stdout"
            let errors = "\(files)/stderr"
            // A file, not a pipe: swift-subprocess 1.0.2 aborts the process when a task is cancelled while it writes.
            let input = "\(files)/stdin"
            try Data(stdin.utf8).write(to: URL(filePath: input))
            let result = try await Subprocess.run(
                .path(FilePath(DbctlBinary.path)),
                arguments: Arguments(arguments),
                environment: .custom(Program.keyed(environment(env))),
                workingDirectory: FilePath(folder),
                input: .fileDescriptor(
                    try FileDescriptor.open(FilePath(input), .readOnly), closeAfterSpawningProcess: true),
                output: .fileDescriptor(try create(output), closeAfterSpawningProcess: true),
                error: .fileDescriptor(try create(errors), closeAfterSpawningProcess: true)
            ) { execution in
                let running = RunningDbctl(
                    pid: execution.processIdentifier.value, output: output, errors: errors,
                    send: { try execution.send(signal: Signal(rawValue: $0)) })
                do {
                    try await body(running)
                } catch {
                    try? execution.send(signal: .kill)
                    throw error
                }
            }
            return DbctlOutcome(
                exitCode: result.terminationStatus.shellCode, stdout: text(of: output), stderr: text(of: errors))
        }
    }

    private static func environment(_ wanted: [String: String]) -> [String: String] {
        let own = [
            "HOME": "/nonexistent", "DBCTL_SANDBOX_ROOT": Machine.sandboxRoot,
            "DBCTL_PG_CACHE": Machine.caches.first { FileManager.default.fileExists(atPath: $0) } ?? "",
        ]
        return own.merging(wanted) { _, given in given }
    }

    private static func create(_ path: String) throws -> FileDescriptor {
        try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    }
}

/// A `dbctl` that runs now. Valid within the scope that made it.
public struct RunningDbctl: Sendable {
    public let pid: Int32
    private let output: String
    private let errors: String
    private let send: @Sendable (Int32) throws -> Void

    init(pid: Int32, output: String, errors: String, send: @escaping @Sendable (Int32) throws -> Void) {
        self.pid = pid
        self.output = output
        self.errors = errors
        self.send = send
    }

    public var stdout: String { text(of: output) }
    public var stderr: String { text(of: errors) }

    /// True once it has exited, reaped or not.
    public var hasEnded: Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        else { return true }
        return stat[name...].dropFirst(2).first == "Z"
    }

    /// SIGINT, SIGTERM, SIGKILL, SIGSTOP …
    public func signal(_ number: Int32) throws {
        try send(number)
    }

    /// Waits until the text was printed on standard output or standard error.
    public func waitForOutput(_ text: String, isolation: isolated (any Actor)? = #isolation) async throws {
        try await eventually("dbctl prints \(text); so far: \(stdout)\(stderr)") {
            let hasEnded = hasEnded
            if stdout.contains(text) || stderr.contains(text) { return true }
            guard !hasEnded else { throw TestSupportError("dbctl ended without \(text):\n\(stdout)\(stderr)") }
            return false
        }
    }
}

private func text(of file: String) -> String {
    String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: file))) ?? Data(), as: UTF8.self)
}
