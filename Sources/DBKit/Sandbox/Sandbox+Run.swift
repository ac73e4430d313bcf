// Runs somebody's command on a sandbox: with our standard input, output and error, and a way to end it in time.

import Operations
import Subprocess
import SystemPackage

extension Sandbox {
    /// Where the command's standard output goes.
    public enum CommandOutput: Sendable { case standardOutput, standardError }

    /// Runs the command to its end and returns its exit code, 128 + N when signal N ended it.
    ///
    /// Cancelling the task sends it SIGTERM, and SIGKILL after 0.6 s: the caller has two seconds in all, and the
    /// cluster has to go as well.
    ///
    /// - Parameters:
    ///   - command: program and arguments; a program without a slash is looked up in the environment's PATH.
    ///   - environment: see ``SandboxRecord/environment(from:)``.
    /// - Throws: ``Failure`` `sandbox.command` when there is no such program; `CancellationError`.
    public static func run(
        _ command: [String], environment: [String: String], output: CommandOutput = .standardOutput
    ) async throws -> Int32 {
        guard let program = command.first, !program.isEmpty else {
            throw Failure(.sandboxOptions, "no command was given to run on the sandbox")
        }
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .milliseconds(600))]
        let configuration = Configuration(
            executable: program.contains("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .custom(
                Dictionary(
                    uniqueKeysWithValues: environment.compactMap { name, value in
                        Environment.Key(rawValue: name).map { ($0, value) }
                    })),
            platformOptions: options)
        let descriptor = output == .standardOutput ? FileDescriptor.standardOutput : .standardError
        let status: TerminationStatus
        do {
            status = try await Subprocess.run(
                configuration,
                input: .fileDescriptor(.standardInput, closeAfterSpawningProcess: false),
                output: .fileDescriptor(descriptor, closeAfterSpawningProcess: false),
                error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
            ).terminationStatus
        } catch let error as SubprocessError where error.code == .executableNotFound || error.code == .spawnFailed {
            throw Failure(.sandboxCommand, "cannot run \(program)", detail: "\(error)")
        } catch {
            try Task.checkCancellation()
            throw error
        }
        try Task.checkCancellation()
        switch status {
        case .exited(let code): return code
        case .signaled(let signal): return 128 + signal
        }
    }
}
