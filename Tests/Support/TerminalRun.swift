// The built binary in a terminal of its own, as a person sits before it.

import CTestSupport
import Foundation
import Glibc

/// Valid within the scope that made it.
public final class TerminalRun {
    public let pid: Int32
    private let ownEnd: Int32
    private let programEnd: Int32
    private let modeBefore: [UInt8]
    private var status: Int32?
    private var emulator = ScreenEmulator()

    /// Starts `dbctl` on a new terminal; it is killed if it still runs after the body.
    public static func with<T>(
        _ arguments: [String], environment: [String: String] = [:], lines: Int = 30, columns: Int = 120,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (TerminalRun) async throws -> T
    ) async throws -> T {
        let run = try TerminalRun(arguments, environment, lines, columns)
        defer { run.end() }
        return try await body(run)
    }

    private init(_ arguments: [String], _ environment: [String: String], _ lines: Int, _ columns: Int) throws {
        var programEnd: Int32 = -1
        ownEnd = unsafe terminal_open(Int32(lines), Int32(columns), &programEnd)
        self.programEnd = programEnd
        guard ownEnd >= 0 else { throw TestSupportError("no terminal: errno \(errno)") }
        modeBefore = Self.mode(programEnd)
        _ = fcntl(ownEnd, F_SETFL, O_NONBLOCK)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let all = ["PATH": path, "LC_ALL": "C.UTF-8", "TERM": "xterm", "HOME": "/nonexistent"]
            .merging(environment) { $1 }
        let words = unsafe ([DbctlBinary.path] + arguments).map { unsafe strdup($0) } + [nil]
        let settings = unsafe all.map { unsafe strdup("\($0)=\($1)") } + [nil]
        pid = unsafe terminal_spawn(programEnd, DbctlBinary.path, words, settings)
        unsafe (words + settings).forEach { unsafe free($0) }
        guard pid > 0 else { throw TestSupportError("fork failed: errno \(errno)") }
    }

    private func end() {
        if exitCode == nil {
            kill(pid, SIGKILL)
            _ = waitpid(pid, nil, 0)
        }
        close(ownEnd)
        close(programEnd)
    }

    /// What is on the screen by now.
    public var screen: ScreenEmulator {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(ownEnd, &bytes, bytes.count)
            guard count > 0 else { return emulator }
            emulator.take(bytes.prefix(count))
        }
    }

    /// Nil while it runs; 128 + the signal when one ended it.
    public var exitCode: Int32? {
        if status == nil {
            var now: Int32 = 0
            if unsafe waitpid(pid, &now, WNOHANG) == pid { status = now }
        }
        return status.map { $0 & 0x7F == 0 ? ($0 >> 8) & 0xFF : 128 + ($0 & 0x7F) }
    }

    /// The terminal is in the mode in which it was before the program began.
    public var hasModeOfBefore: Bool { Self.mode(programEnd) == modeBefore }

    public func press(_ keys: String) {
        _ = unsafe Array(keys.utf8).withUnsafeBytes { unsafe write(ownEnd, $0.baseAddress, $0.count) }
    }

    public func signal(_ number: Int32) {
        kill(pid, number)
    }

    public func resize(lines: Int, columns: Int) {
        _ = terminal_resize(ownEnd, Int32(lines), Int32(columns))
    }

    /// Waits until the screen shows the text.
    @discardableResult public func wait(
        for text: String, isolation: isolated (any Actor)? = #isolation
    ) async throws -> ScreenEmulator {
        try await wait("shows \(text)") { $0.text.contains(text) }
    }

    @discardableResult public func wait(
        _ what: String, isolation: isolated (any Actor)? = #isolation, until isTrue: (ScreenEmulator) -> Bool
    ) async throws -> ScreenEmulator {
        try await eventually("the screen \(what); so far:\n\(screen.text)\n\(screen.ordinary)") {
            let hasEnded = exitCode != nil
            if isTrue(screen) { return true }
            guard !hasEnded else { throw TestSupportError("dbctl ended (\(exitCode ?? -1)) before \(what)\n\(screen)") }
            return false
        }
        return screen
    }

    public func waitForEnd(isolation: isolated (any Actor)? = #isolation) async throws -> Int32 {
        // Its last words must find room.
        try await eventually("dbctl ends; so far:\n\(screen.text)") { screen.lines.count >= 0 && exitCode != nil }
        return exitCode ?? -1
    }

    private static func mode(_ descriptor: Int32) -> [UInt8] {
        var mode = termios()
        unsafe _ = tcgetattr(descriptor, &mode)
        return unsafe withUnsafeBytes(of: mode) { unsafe Array($0) }
    }
}
