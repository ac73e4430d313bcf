// Real servers for tests: one shared cluster per test process and major version, a database of its own for each test,
// and clusters of its own for the test that breaks its server. Everything goes when the process does.

import Foundation
public import Postgres
public import Sandbox
import Synchronization

/// A database that one test has to itself.
public struct TestDatabase: Sendable {
    public let name: String
    public let server: Sandbox

    public init(name: String, server: Sandbox) {
        self.name = name
        self.server = server
    }

    /// Over TCP, as the superuser `postgres`.
    public var url: String { "postgresql://postgres@127.0.0.1:\(server.port)/\(name)" }

    public var parameters: ConnectionParameters { server.parameters(database: name) }

    /// Runs SQL through psql and returns what it prints, unaligned and without headers.
    @discardableResult public func psql(_ sql: String) async throws -> String {
        try await server.psql(sql, database: name)
    }
}

public enum TestServer {
    /// The major versions that the tests run on: Debian's on every run, the wheel's for what depends on the version.
    public static let majors = [15, 16, 18]

    private static let shared = SharedClusters()
    private static let serial = Atomic<Int>(0)

    /// The cluster that all tests of this process share: create databases and roles with names of your own, and never
    /// stop it. It allows 200 connections.
    public static func shared(major: Int = 15) async throws -> Sandbox {
        try await shared.cluster(major) { try await start(major: major, settings: ["max_connections": "200"]) }
    }

    /// A new, empty database on the shared cluster, dropped afterwards with whoever is still connected to it.
    public static func withDatabase<T>(
        major: Int = 15,
        options: String = "",
        isolation: isolated (any Actor)? = #isolation,
        _ body: (TestDatabase) async throws -> T
    ) async throws -> T {
        let server = try await shared(major: major)
        let database = TestDatabase(name: uniqueName("t"), server: server)
        try await server.psql("CREATE DATABASE \(database.name) TEMPLATE template0 \(options)")
        return try await finally {
            try await body(database)
        } cleanUp: {
            try await server.psql("DROP DATABASE IF EXISTS \(database.name) WITH (FORCE)")
        }
    }

    /// A server of one's own, to configure, stop, kill and freeze at will; removed afterwards in whichever state.
    public static func withSandbox<T>(
        major: Int = 15,
        settings: [String: String] = [:],
        hba: [String] = [],
        files: [String: [UInt8]] = [:],
        authentication: SandboxOptions.Authentication = .trust,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Sandbox) async throws -> T
    ) async throws -> T {
        let sandbox = try await start(
            major: major, settings: settings, hba: hba, files: files, authentication: authentication)
        return try await finally {
            try await body(sandbox)
        } cleanUp: {
            try await sandbox.stop()
        }
    }

    /// A name that no other test of this or another process uses, for databases and roles on the shared cluster.
    public static func uniqueName(_ prefix: String) -> String {
        let number = serial.add(1, ordering: .relaxed).newValue
        return "\(prefix)_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
    }

    private static func start(
        major: Int, settings: [String: String], hba: [String] = [], files: [String: [UInt8]] = [:],
        authentication: SandboxOptions.Authentication = .trust
    ) async throws -> Sandbox {
        var options = SandboxOptions(root: Machine.sandboxRoot)
        options.copiesTemplate = true
        options.authentication = authentication
        options.settings = ["shared_buffers": "16MB"].merging(settings) { _, wanted in wanted }
        options.hba = hba
        options.files = files
        return try await Sandbox.start(options, binaries: Machine.binaries(major: major))
    }
}

/// The shared clusters, each started by whoever asks first.
private actor SharedClusters {
    private var starts: [Int: Task<Sandbox, any Error>] = [:]

    func cluster(_ major: Int, _ start: @escaping @Sendable () async throws -> Sandbox) async throws -> Sandbox {
        let task = starts[major] ?? Task { try await start() }
        starts[major] = task
        return try await task.value
    }
}
