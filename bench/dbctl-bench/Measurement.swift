// Alternating measurements, medians, and the table of ratios.

import Foundation
import Glibc
import Subprocess
import SystemPackage

/// One side of a comparison.
struct Contender: Sendable {
    let name: String
    /// Does the work once and returns what is counted: seconds, or a rate.
    let measure: @Sendable () async throws -> Sample
}

struct Sample: Sendable {
    /// Seconds, or operations in a second.
    var value: Double
    /// Of the client, in seconds; for a rate, for each operation.
    var processorTime: Double
    /// What else there is to say, e.g. percentiles.
    var notes: [String: Double] = [:]
}

/// Runs all contenders in turn, again and again, so that a slow minute of the machine hits all of them.
func alternate(_ contenders: [Contender], _ repetitions: Int) async throws -> [[Sample]] {
    var samples = contenders.map { _ in [Sample]() }
    for repetition in 0..<max(1, repetitions) {
        for (index, contender) in contenders.enumerated() {
            let sample = try await contender.measure()
            samples[index].append(sample)
            let line = "\(repetition + 1)/\(repetitions) \(contender.name): \(rounded(sample.value))\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
    }
    return samples
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

func rounded(_ value: Double) -> String {
    String(format: abs(value) >= 1000 ? "%.0f" : abs(value) >= 10 ? "%.1f" : "%.3f", value)
}

/// A part of RESULTS.md.
struct Table: Sendable {
    let title: String
    let columns: [String]
    var rows: [[String]] = []

    var markdown: String {
        "## \(title)\n\n| \(columns.joined(separator: " | ")) |\n|\(columns.map { _ in "---|" }.joined())\n"
            + rows.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    }
}

/// Processor time spent so far by this process (or by the children that it has waited for), in seconds.
func processorTime(children: Bool = false) -> Double {
    var usage = rusage()
    _ = unsafe getrusage(children ? RUSAGE_CHILDREN.rawValue : RUSAGE_SELF.rawValue, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Times `body` by the wall clock and by the processor time of this process or of its children.
func timed(children: Bool = false, _ body: () async throws -> Void) async throws -> Sample {
    // Else whoever waits for the disk waits for what the one before has left in memory.
    sync()
    let before = processorTime(children: children)
    let start = ContinuousClock.now
    try await body()
    let wall = (ContinuousClock.now - start) / .seconds(1)
    return Sample(value: wall, processorTime: processorTime(children: children) - before)
}

enum Peer {
    /// Runs a program to its end, its output to nowhere.
    static func run(_ program: String, _ arguments: [String], _ variables: [String: String]) async throws {
        let outcome = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: environment(variables),
            input: .none, output: .discarded, error: .string(limit: 1 << 20))
        try check(program, outcome.terminationStatus, outcome.standardError)
    }

    /// Runs a program to its end and returns what it printed.
    static func output(
        _ program: String, _ arguments: [String], _ variables: [String: String], folder: String
    ) async throws -> String {
        let outcome = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: environment(variables),
            workingDirectory: FilePath(folder), input: .none, output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        try check(program, outcome.terminationStatus, outcome.standardError)
        return outcome.standardOutput
    }

    private static func environment(_ variables: [String: String]) -> Environment {
        let custom = variables.merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]) { own, _ in own }
        return .custom(
            Dictionary(
                uniqueKeysWithValues: custom.compactMap { name, value in
                    Environment.Key(rawValue: name).map { ($0, value) }
                }))
    }

    private static func check(_ program: String, _ status: TerminationStatus, _ said: String) throws {
        guard status.isSuccess else { throw BenchError("\(program) failed: \(said)") }
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
