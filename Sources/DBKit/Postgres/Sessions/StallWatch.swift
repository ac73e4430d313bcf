import CLinux
import Glibc

/// Tells a server that is silent because it works from one that has frozen or vanished.
///
/// CREATE INDEX, ANALYZE, a wait for a lock, a COPY that sorts first: all of them may rightly say nothing for hours, so
/// silence alone ends nothing. After half of the limit without a byte in either direction a ``LivenessProbe`` knocks at
/// the same address; the session is given up when the other half passes and neither has answered. Any answer at all,
/// and the wait begins anew.
///
/// A stopped postmaster, a machine that is down and a cut network are found this way, over TCP and local sockets alike.
/// Two cases are left to others. Where only this one connection is cut, the kernel's keepalives say so. A single
/// stopped process of a server that lives cannot be told from a long statement; there the caller's deadline counts.
struct StallWatch {
    private let limit: Duration?
    private var probe: LivenessProbe?
    /// When to knock or, with a probe under way, to give up; never while nobody waits.
    private(set) var deadline = Deadline.never
    private var isWaiting = false

    /// - Parameter limit: How long there may be no sign of life; nil is for ever.
    init(limit: Duration?) {
        self.limit = limit
    }

    /// What poll(2) has to look at for it.
    var descriptor: pollfd {
        pollfd(fd: probe?.descriptor ?? -1, events: Int16(probe?.events ?? 0), revents: 0)
    }

    /// Before a wait: the time that the caller spent between two waits is none of the server's.
    mutating func begin() {
        guard !isWaiting, let limit else { return }
        isWaiting = true
        deadline = Deadline(after: limit / 2)
    }

    /// The server sent something, or took something.
    mutating func didHear() {
        isWaiting = false
        probe = nil
    }

    /// After a wait in which the session itself stayed silent.
    ///
    /// - Returns: The limit, once the server counts as stalled.
    mutating func look(_ wire: Wire, isProbeReady: Bool) -> Duration? {
        guard let limit else { return nil }
        if isProbeReady, let probe, probe.advance() {
            didHear()
        } else if deadline.hasPassed {
            guard probe == nil else { return limit }
            deadline = Deadline(after: limit / 2)
            probe = wire.serverAddress.flatMap { LivenessProbe($0) }
            // Nothing to knock with (no descriptor left): no verdict.
            if probe == nil { didHear() }
        }
        return nil
    }
}
