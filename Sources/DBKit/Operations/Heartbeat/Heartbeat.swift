import CHTTP
import Foundation

/// Signs of life for a monitor that calls somebody when they stop (B17): `URL/start`, then `URL` or `URL/fail`.
///
/// A monitor that cannot be reached is logged. It never fails the work, and never holds it up for more than a few
/// seconds.
public enum Heartbeat {
    /// Runs the work between two pings; without a URL it just runs.
    ///
    /// - Parameters:
    ///   - log: told what went wrong with a ping, without the URL's secrets.
    ///   - isGood: whether what the work came to is a success.
    public static func around<Outcome: Sendable>(
        _ url: HeartbeatURL?, log: @Sendable (String) -> Void, _ work: () async throws -> Outcome,
        isGood: (Outcome) -> Bool
    ) async throws -> Outcome {
        guard let url else { return try await work() }
        await ping(url, "start", within: .seconds(4), log: log)
        do {
            let outcome = try await work()
            await ping(url, isGood(outcome) ? "" : "fail", within: .seconds(4), log: log)
            return outcome
        } catch {
            // Another run is at it, and tells how that ends.
            if (error as? Failure)?.code == .lockHeld { throw error }
            // After a signal the whole program has two seconds left.
            await ping(url, "fail", within: Task.isCancelled ? .seconds(1) : .seconds(4), log: log)
            throw error
        }
    }

    private static func ping(
        _ url: HeartbeatURL, _ name: String, within limit: Duration, log: @Sendable (String) -> Void
    ) async {
        let address = url.adding(name)
        let milliseconds = Int(limit / .milliseconds(1))
        // On a thread of its own: libcurl blocks, and the threads of the tasks are few.
        let problem = await withCheckedContinuation { (waiting: CheckedContinuation<String?, Never>) in
            Thread.detachNewThread { waiting.resume(returning: get(address, milliseconds)) }
        }
        guard let problem else { return }
        log("heartbeat: \(name.isEmpty ? "success" : name) could not be told to \(url): \(problem)")
    }

    /// Nil when the monitor took it.
    private static func get(_ address: String, _ milliseconds: Int) -> String? {
        let outcome = unsafe chttp_get(address, "dbctl", milliseconds)
        guard outcome.code == 0 else { return unsafe String(cString: chttp_reason(outcome.code)) }
        return (200..<300).contains(outcome.status) ? nil : "it answered with HTTP status \(outcome.status)"
    }
}
