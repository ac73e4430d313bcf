// Where the tests find what scripts/test has installed. Missing programs are a failure here, never a skip.

import Foundation
import Glibc
public import Sandbox

/// The server installations of this machine, looked up once per test process.
public enum Machine {
    /// Folders into which the PyPI wheel with PostgreSQL 16 and 18 may have been unpacked.
    public static var caches: [String] {
        let environment = ProcessInfo.processInfo.environment
        return [
            environment["DBCTL_PG_CACHE"], "/var/cache/dbctl/pg", environment["HOME"].map { "\($0)/.cache/dbctl/pg" },
        ]
        .compactMap { $0 }
    }

    /// The sandboxes of the tests stand apart from those that `dbctl sandbox` starts for people.
    public static var sandboxRoot: String { "/tmp/dbctl-test-\(geteuid())" }

    private static let found = Task {
        try await ServerBinaries.installed(
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "", caches: caches)
    }

    public static func installed() async throws -> [ServerBinaries] { try await found.value }

    public static func binaries(major: Int) async throws -> ServerBinaries {
        do {
            return try ServerBinaries.choose(major: major, from: try await installed())
        } catch {
            throw TestSupportError("PostgreSQL \(major) is missing: run scripts/test, which installs it. \(error)")
        }
    }
}

/// The test itself cannot go on; its text says why.
public struct TestSupportError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
