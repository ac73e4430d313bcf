import Foundation
import Operations
import Postgres

/// The first words of a login, by nobody in particular: what does the server say to whoever comes to its door?
///
/// A server without any slot refuses before it asks who somebody is (53300); one that has slots only for others asks for
/// a password first. No password is sent, and no login is decided.
struct DoorKnock: Sendable {
    let parameters: ConnectionParameters
    let timeout: Duration

    init(_ parameters: ConnectionParameters, timeout: Duration) {
        self.parameters = parameters
        self.timeout = timeout
    }

    /// The refusal; nil when the server is ready to hear who it is, or when nothing was to be learned.
    func answer() async -> Failure? {
        await withCheckedContinuation { continuation in
            // Blocking, with its own deadlines: not on the threads that all tasks share.
            Thread.detachNewThread { continuation.resume(returning: knock()) }
        }
    }

    private func knock() -> Failure? {
        do throws(PostgresError) {
            let options = try parameters.resolved()
            func value(_ keyword: String) -> String { options.first { $0.keyword == keyword }?.value ?? "" }
            guard let address = try address(value) else { return nil }
            let probe = try ServerProbe(address, timeout: timeout)
            defer { probe.leave() }
            // In clear, and so without anybody's name: a server that is full says so to everybody.
            _ = try probe.requestLogin([("user", "postgres"), ("database", "postgres")])
            return nil
        } catch {
            return Failure(error)
        }
    }

    private func address(_ value: (String) -> String) throws(PostgresError) -> ServerAddress? {
        let host = value("host").split(separator: ",").first.map(String.init) ?? ""
        let port = value("port").split(separator: ",").first.flatMap { Int($0) } ?? 5432
        if host.hasPrefix("/") || host.hasPrefix("@") { return try .socket(folder: host, port: port) }
        let name = value("hostaddr").isEmpty ? host : value("hostaddr")
        return name.isEmpty ? nil : try ServerAddress.resolve(host: name, port: port, timeout: timeout).first
    }
}
