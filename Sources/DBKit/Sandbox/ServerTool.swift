// Runs one of the server's programs to its end. Never Foundation.Process: it hangs when the child daemonises (pg_ctl).

import Foundation
import Operations
import Subprocess
import SystemPackage

/// The programs of one installation, run as the account that may run them, in an environment of our own making.
struct ServerTool: Sendable {
    let user: ServerUser
    /// The working folder of every program: a sandbox's own, which is how its processes are recognised later.
    let folder: String

    struct Outcome: Sendable {
        var succeeded: Bool
        var output: String
    }

    /// Runs the program and waits for its end. Cancelling the task kills it.
    func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
        try await run(program, arguments, input: .none)
    }

    /// The same with bytes to read, and to its end: swift-subprocess 1.0.2 aborts the process when a task is cancelled
    /// while it writes them.
    func run(_ program: String, _ arguments: [String], writing bytes: [UInt8]) async throws -> Outcome {
        try await shielded { try await run(program, arguments, input: .array(bytes)) }
    }

    private func run(_ program: String, _ arguments: [String], input: some InputProtocol) async throws -> Outcome {
        let result: ExecutionResult<Void, StringOutput<UTF8>, CombinedErrorOutput>
        let command = user.command(program, arguments)
        do {
            result = try await Subprocess.run(
                .path(FilePath(command[0])),
                arguments: Arguments(Array(command.dropFirst())),
                environment: .custom([
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": folder, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                ]),
                workingDirectory: FilePath(folder),
                input: input,
                output: .string(limit: 1 << 20),
                error: .combinedWithOutput
            )
        } catch {
            try Task.checkCancellation()
            throw Failure(.sandboxStart, "cannot run \(program)", detail: "\(error)")
        }
        try Task.checkCancellation()
        return Outcome(succeeded: result.terminationStatus.isSuccess, output: result.standardOutput)
    }
}

/// Runs the body to its end even when the calling task is cancelled: a daemon must not be left half started, nor a
/// cluster half removed.
func shielded<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await Task { try await body() }.value
}
