// SQL through stock psql: for arranging a situation and for looking at the result with eyes that are not ours.

import Foundation
public import Sandbox
package import Subprocess
import SystemPackage

extension Sandbox {
    /// Runs the statements as superuser over the unix socket, stopping at the first error; returns unaligned tuples.
    @discardableResult public func psql(_ sql: String, database: String = "postgres") async throws -> String {
        let outcome = try await Program.run(
            binaries.program("psql"),
            ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"],
            environment: [
                "PGHOST": folder, "PGPORT": String(port), "PGUSER": "postgres", "PGDATABASE": database,
                "PGPASSWORD": password ?? "", "PGOPTIONS": "-c client_min_messages=warning",
            ],
            input: sql)
        guard outcome.exitCode == 0 else {
            throw TestSupportError("psql: \(outcome.stderr)\nin: \(sql.prefix(500))")
        }
        return outcome.stdout.trimmingCharacters(in: .newlines)
    }
}

/// Any other program, run to its end.
public enum Program {
    public struct Outcome: Sendable {
        /// 128 + the signal when one ended it.
        public let exitCode: Int32
        public let stdout: String
        public let stderr: String
    }

    /// - Parameters:
    ///   - environment: All that the program sees besides PATH and a plain locale.
    ///   - input: What it reads; then cancelling the task does not end it, because swift-subprocess 1.0.2 aborts the
    ///     process when a task is cancelled while it writes.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String = "",
        folder: String = "/tmp"
    ) async throws -> Outcome {
        guard !input.isEmpty else { return try await run(program, arguments, environment, .none, folder) }
        return try await Task { try await run(program, arguments, environment, .string(input), folder) }.value
    }

    private static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String], _ input: some InputProtocol,
        _ folder: String
    ) async throws -> Outcome {
        let result = try await Subprocess.run(
            program.contains("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(arguments),
            environment: .custom(keyed(environment)),
            workingDirectory: FilePath(folder),
            input: input,
            output: .string(limit: 64 << 20),
            error: .string(limit: 16 << 20))
        return Outcome(
            exitCode: result.terminationStatus.shellCode, stdout: result.standardOutput, stderr: result.standardError)
    }

    package static func keyed(_ environment: [String: String]) -> [Environment.Key: String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        let all = ["PATH": path, "LC_ALL": "C.UTF-8"].merging(environment) { _, wanted in wanted }
        return Dictionary(
            uniqueKeysWithValues: all.compactMap { name, value in
                Environment.Key(rawValue: name).map { ($0, value) }
            })
    }
}

extension TerminationStatus {
    /// As a shell's `$?` says it.
    package var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}
