import Foundation

/// The machine that a server runs on, when it is this one.
public enum ServerMachine {
    /// Physical cores, where the process that serves a session is one of this machine's.
    ///
    /// That a server answers on a socket or on 127.0.0.1 proves nothing: a tunnel and a container do so too. Its process in
    /// our own list of processes does.
    ///
    /// - Parameter backend: Of a session that is open now, and not behind a pooler.
    public static func cores(servedBy backend: Int32) -> Int? {
        let name = try? String(contentsOfFile: "/proc/\(backend)/comm", encoding: .utf8)
        guard let name, name.hasPrefix("postgres") || name.hasPrefix("postmaster") else { return nil }
        let folder = "/sys/devices/system/cpu"
        let processors = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let siblings = processors.compactMap { processor in
            try? String(contentsOfFile: "\(folder)/\(processor)/topology/core_cpus_list", encoding: .utf8)
        }
        return cores(siblings: siblings) ?? ProcessInfo.processInfo.processorCount
    }

    /// Of each processor the ones on the same core, itself included, as the kernel writes them. Two threads of one core
    /// have one disk and one memory to wait for: the formula counts cores.
    static func cores(siblings: [String]) -> Int? {
        let cores = Set(siblings.map { $0.prefix { !$0.isNewline } }.filter { !$0.isEmpty })
        return cores.isEmpty ? nil : cores.count
    }
}
