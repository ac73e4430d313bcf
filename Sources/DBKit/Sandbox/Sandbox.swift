// A throwaway PostgreSQL cluster and its life. It is always removed: by stop(), on a failure halfway, and by a watcher
// when the owning process dies.

import CLinux
import Foundation
import Glibc
import Operations
public import Postgres

/// A running throwaway cluster of one's own.
///
/// The superuser is `postgres`, the encoding UTF8, the locale C.UTF-8, the time zone UTC, and nothing is fsynced.
/// When the last reference goes without ``stop()``, the watcher removes it all the same.
public final class Sandbox: Sendable {
    /// What ``SandboxRegistry`` says about it.
    public let record: SandboxRecord
    public let binaries: ServerBinaries
    /// The superuser's, when ``SandboxOptions/Authentication/scram`` was asked for.
    public let password: String?
    private let place: SandboxFolder
    private let registry: SandboxRegistry
    private let owner: OwnerLock

    public var name: String { record.name }
    /// Holds `data`, `log` and the socket: a `host` for connections that way. The record has the whole sandbox's.
    public var folder: String { place.server }
    public var port: Int { record.port }
    /// Without the password.
    public var url: String { record.url }
    public var dataFolder: String { place.data }
    /// How to log in as the superuser, over TCP, with the password where there is one.
    public func parameters(database: String = "postgres") -> ConnectionParameters {
        var parameters = ConnectionParameters(url: url).setting("dbname", database)
        if let password { parameters.set("password", password) }
        return parameters
    }

    /// The postmaster's pid; nil while the server is down.
    public var pid: Int32? { ServerProcess(dataFolder: place.data).pid }

    /// Sets up a cluster and starts its server.
    ///
    /// Takes about 0.8 s, from a template 0.2 s. Throws a ``Failure`` and leaves nothing behind when it cannot.
    public static func start(_ options: SandboxOptions, binaries: ServerBinaries) async throws -> Sandbox {
        let name = options.name ?? SandboxRegistry.madeUpName()
        guard SandboxRegistry.isValid(name: name) else {
            throw Failure(
                .sandboxOptions, "the sandbox name \(name) is not 1 to 32 letters, digits, - and _, with no - first")
        }
        if let reserved = options.settings.keys.first(where: ServerConfiguration.reserved.contains) {
            throw Failure(.sandboxOptions, "the setting \(reserved) is the sandbox's own")
        }
        let user = try ServerUser.current()
        let registry = try SandboxRegistry(root: options.root).prepare()
        let (place, owner) = try SandboxFolder.create(in: registry, name: name, user: user)
        do {
            try await Watcher.start(folder: place.path, user: user)
            let password = options.authentication == .scram ? SandboxRegistry.madeUpName() : nil
            if options.copiesTemplate && password == nil {
                try await ClusterTemplate(binaries: binaries, registry: registry).copy(to: place)
            } else {
                try await ClusterTemplate.initialise(place.data, binaries: binaries, folder: place, password: password)
            }
            let port = try await configureAndStart(place, options: options, binaries: binaries)
            let sandbox = Sandbox(
                place: place, registry: registry, owner: owner, port: port, binaries: binaries, password: password,
                stays: options.lifetime == .untilStopped)
            // The server's start is never cut short; whoever gave up meanwhile does not want a cluster that stays.
            try Task.checkCancellation()
            try sandbox.register()
            return sandbox
        } catch {
            try? await place.remove()
            await registry.tidy()
            throw error
        }
    }

    /// Between choosing a port and the server's bind, somebody else may take it: then another one is tried.
    private static func configureAndStart(
        _ place: SandboxFolder, options: SandboxOptions, binaries: ServerBinaries
    ) async throws -> Int {
        let initial = try String(contentsOfFile: "\(place.data)/postgresql.conf", encoding: .utf8)
        for (name, contents) in options.files { try await place.write(contents, to: "\(place.data)/\(name)") }
        var attempt = 1
        while true {
            let port = try freePort()
            let configuration = ServerConfiguration(
                port: port, socketFolder: place.server, clusterName: URL(fileURLWithPath: place.path).lastPathComponent,
                settings: options.settings, hba: options.hba, authentication: options.authentication)
            try await place.write(Array((initial + configuration.postgresql).utf8), to: "\(place.data)/postgresql.conf")
            try await place.write(Array(configuration.clientAuthentication.utf8), to: "\(place.data)/pg_hba.conf")
            do {
                try await boot(place, binaries: binaries)
                return port
            } catch let failure as Failure where attempt < 5 && clinux_port_is_free(Int32(port)) == 0 {
                _ = failure
                attempt += 1
            } catch { throw error }
        }
    }

    /// Below the range from which the kernel takes the ports of outgoing connections: a restart finds its port free.
    private static func freePort() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 20_000..<32_000)
            if clinux_port_is_free(Int32(port)) == 1 { return port }
        }
        throw Failure(.sandboxStart, "no free TCP port was found between 20000 and 32000 on 127.0.0.1")
    }

    /// Starts the server and waits until it takes connections (or, in recovery, refuses them by itself).
    private static func boot(_ place: SandboxFolder, binaries: ServerBinaries) async throws {
        try await shielded {
            let arguments = ["start", "--silent", "--wait", "--timeout", "60", "-D", place.data, "--log", place.log]
            let outcome = try await place.tool.run(binaries.program("pg_ctl"), arguments)
            guard outcome.succeeded else {
                let log = (try? String(contentsOfFile: place.log, encoding: .utf8)) ?? ""
                throw Failure(
                    .sandboxStart,
                    "the sandbox's PostgreSQL \(binaries.major) did not start",
                    detail: (outcome.output + log.split(separator: "\n").suffix(20).joined(separator: "\n"))
                )
            }
        }
    }

    private init(
        place: SandboxFolder, registry: SandboxRegistry, owner: OwnerLock, port: Int, binaries: ServerBinaries,
        password: String?, stays: Bool
    ) {
        self.place = place
        self.registry = registry
        self.owner = owner
        self.binaries = binaries
        self.password = password
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        record = SandboxRecord(
            name: URL(fileURLWithPath: place.path).lastPathComponent, folder: place.path,
            url: "postgresql://postgres@127.0.0.1:\(port)/postgres", port: port, major: binaries.major,
            version: binaries.version, createdAt: now, stays: stays)
    }

    private func register() throws {
        try JSONEncoder().encode(record).write(to: URL(fileURLWithPath: "\(record.folder)/sandbox.json"))
        if record.stays { try Data().write(to: URL(fileURLWithPath: "\(record.folder)/stays")) }
    }

    /// Ends the server and removes the folder; does nothing the second time.
    public func stop() async throws {
        try await place.remove()
        await registry.tidy()
        owner.release()
    }

    /// Runs the body and stops the sandbox in every case; the body's error wins over the stopping's.
    public func stopped<T: Sendable>(after body: () async throws -> T) async throws -> T {
        let value: T
        do {
            value = try await body()
        } catch {
            try? await stop()
            throw error
        }
        try await stop()
        return value
    }

    // MARK: the server alone, for tests of a server that is down, killed, frozen

    public enum Shutdown: String, Sendable { case smart, fast, immediate }

    /// Stops the server; the cluster stays.
    public func stopServer(_ mode: Shutdown = .fast) async throws {
        try await shielded { [place, binaries] in
            let arguments = ["stop", "--silent", "--wait", "--mode", mode.rawValue, "-D", place.data]
            let outcome = try await place.tool.run(binaries.program("pg_ctl"), arguments)
            guard outcome.succeeded else {
                throw Failure(.sandboxStart, "the server in \(place.path) did not stop", detail: outcome.output)
            }
        }
    }

    /// Starts the server again, on the same port.
    public func startServer() async throws {
        // After a kill -9, orphans may live on, and the dead one's pid may stand in the way until it is reaped.
        if pid == nil { try await shielded { [place] in try await place.endProcesses() } }
        try await Self.boot(place, binaries: binaries)
    }

    public func restartServer(_ mode: Shutdown = .fast) async throws {
        try await stopServer(mode)
        try await startServer()
    }

    /// Reads the configuration files again.
    @discardableResult public func reload() -> Bool { signalServer(SIGHUP) }

    /// Sends a signal to the postmaster, when it is verifiably ours: SIGKILL, SIGSTOP, SIGCONT.
    @discardableResult public func signalServer(_ number: Int32) -> Bool {
        ServerProcess(dataFolder: place.data).signal(number)
    }

    /// Writes a file into the data folder, owned by the server's account (`standby.signal`, certificates).
    public func write(_ contents: [UInt8], to file: String) async throws {
        try await place.write(contents, to: "\(place.data)/\(file)")
    }

    /// Adds lines to postgresql.conf; they count from the next start or reload.
    public func append(settings: [String: String]) async throws {
        let path = "\(place.data)/postgresql.conf"
        var text = try String(contentsOfFile: path, encoding: .utf8)
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            text += "\(name) = \(ServerConfiguration.quoted(value))\n"
        }
        try await place.write(Array(text.utf8), to: path)
    }

    /// What the server has logged so far.
    public func log() throws -> String {
        try String(decoding: Data(contentsOf: URL(fileURLWithPath: place.log)), as: UTF8.self)
    }
}
