// `with { }` scopes around real resources, undone last-in first-out, and the wait that takes the place of sleeping.

import Foundation

/// Runs the body, then the clean-up in every case; the body's error wins over the clean-up's.
public func finally<T>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> T,
    cleanUp: @escaping @Sendable () async throws -> Void
) async throws -> T {
    let value: T
    do {
        value = try await body()
    } catch {
        try? await Task { try await cleanUp() }.value
        throw error
    }
    // In a task of its own: a cancelled test cleans up all the same.
    try await Task { try await cleanUp() }.value
    return value
}

/// A folder of the test's own, removed afterwards. World-readable, so that a server of another account can look in.
public func withTemporaryFolder<T>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (String) async throws -> T
) async throws -> T {
    let folder = "/tmp/dbctl-test-\(UUID().uuidString.lowercased().prefix(13))"
    try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    return try await finally {
        try await body(folder)
    } cleanUp: {
        // The watcher of a sandbox that the test killed may be taking its own last folder away at the same time.
        try await eventually("\(folder) is removed") {
            try? FileManager.default.removeItem(atPath: folder)
            return !FileManager.default.fileExists(atPath: folder)
        }
    }
}

/// Waits until the condition holds, asking again every few milliseconds; throws when it never does.
///
/// The generous limit is no claim about speed: it only ends a test that would hang.
public func eventually(
    _ what: @autoclosure () -> String,
    timeout: Duration = .seconds(120),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: timeout)
    while try await !condition() {
        guard clock.now < end else { throw TestSupportError("never came true: \(what())") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
