// Finds a cluster's postmaster and signals it. Nothing is signalled on the word of a pid file alone: the number may
// belong to somebody else by now.

import Foundation
import Glibc

/// The postmaster of one data folder.
struct ServerProcess {
    let dataFolder: String

    /// Its pid, when postmaster.pid names one that really is a postgres started on this data folder.
    var pid: Int32? {
        guard let text = try? String(contentsOfFile: "\(dataFolder)/postmaster.pid", encoding: .utf8),
            let first = text.split(separator: "\n").first, let pid = Int32(first), pid > 1,
            isOurs(pid)
        else { return nil }
        return pid
    }

    /// The command line is readable for everybody; the `exe` and `cwd` links of another account's process are not.
    private func isOurs(_ pid: Int32) -> Bool {
        guard let file = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline")) else { return false }
        let words = file.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard let program = words.first, program.hasSuffix("/postgres") else { return false }
        return words.contains(dataFolder)
    }

    /// Sends the signal to the postmaster; false when there is none.
    func signal(_ number: Int32) -> Bool {
        guard let pid else { return false }
        return kill(pid, number) == 0
    }
}
