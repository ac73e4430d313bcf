public import Foundation
import Operations
public import Postgres

/// The ladder: can a client connect, and if not, why exactly. Climbs rung by rung and ends at the first that fails.
///
/// Two connections, one after the other: a look from outside that sends no password, and the one login. A wrong
/// password is therefore exactly one failed attempt on the server, and a full server loses one slot at most.
public struct ConnectionCheck: Sendable {
    public var parameters: ConnectionParameters
    public var settings: SessionSettings
    /// Where the server is, part by part, for the first rung and for `--explain-url`; secrets masked.
    public var connection: [ConnectionPart]
    /// In words, where the parts came from: `--database-url`, `target prod (dbctl.yaml:3)` …
    public var source: String
    /// The limit of every single wait.
    public var timeout: Duration
    public var now: Date

    public init(
        parameters: ConnectionParameters,
        settings: SessionSettings,
        connection: [ConnectionPart],
        source: String,
        timeout: Duration = .seconds(5),
        now: Date
    ) {
        self.parameters = parameters
        self.settings = settings
        self.connection = connection
        self.source = source
        self.timeout = timeout
        self.now = now
    }

    private static let samples = 10

    /// Only the first rung: what would be connected to. Touches no server.
    public func explain() -> CheckReport {
        var ladder = Ladder(connection: connection)
        _ = configuration(&ladder)
        return ladder.finished()
    }

    /// Climbs. Whatever fails is in the report; only cancellation throws.
    public func run() async throws -> CheckReport {
        var ladder = Ladder(connection: connection)
        guard let plan = configuration(&ladder) else { return ladder.finished() }
        let look = OutsideLook(plan: plan, timeout: timeout)
        let begun = ladder
        let outcome = await withCheckedContinuation { continuation in
            // Blocking, with its own deadlines: not on the threads that all tasks share.
            Thread.detachNewThread { continuation.resume(returning: look.climb(begun)) }
        }
        try Task.checkCancellation()
        guard !outcome.hasFailed else { return outcome.ladder.finished() }
        return try await logIn(plan, outcome)
    }

    private func configuration(_ ladder: inout Ladder) -> ConnectionPlan? {
        do throws(PostgresError) {
            let resolved = try parameters.resolved()
            let certificate = "\(NSHomeDirectory())/.postgresql/postgresql.crt"
            let plan = try ConnectionPlan(
                resolved, hasDefaultCertificate: FileManager.default.fileExists(atPath: certificate))
            let place = plan.endpoints.map(\.inWords).joined(separator: ", ")
            let text = "\(plan.user) to \(plan.database) at \(place.isEmpty ? "libpq's own socket" : place)"
            ladder.add(.configuration, .init(text: "\(text), from \(source)"))
            return plan
        } catch {
            ladder.fail(Failure(error), at: .configuration, verdict: .unknown)
            return nil
        }
    }

    private func logIn(_ plan: ConnectionPlan, _ outcome: OutsideLook.Outcome) async throws -> CheckReport {
        var ladder = outcome.ladder
        ladder.begin()
        let began = ContinuousClock.now
        let opened: Connection
        do {
            opened = try await Connection.open(parameters, settings: settings, timeout: timeout)
        } catch let error as PostgresError {
            if error.kind == .cancelled { throw CancellationError() }
            let failure = Failure(error).naming(user: plan.user, database: plan.database)
            let rung = CheckRules.rung(of: failure.code)
            if rung != .tls { addTLS(&ladder, plan, outcome, usesTLS: outcome.tls != nil) }
            if rung == .database || rung == .server { ladder.add(.authentication, .init(text: method(outcome))) }
            // A server that is too old for dbctl may be well, and so may one that lacks a GRANT: nothing is known of it.
            let isUnknown = failure.code == .serverVersion || failure.code == .databaseNoConnect
            ladder.fail(failure, at: rung, verdict: isUnknown ? .unknown : .critical)
            return ladder.finished()
        }
        let spent = ContinuousClock.now - began
        let begun = ladder
        do {
            let report = try await opened.run { session in
                climb(session, plan, outcome, begun, loginTime: spent).finished()
            }
            await opened.close()
            return report
        } catch {
            await opened.close()
            throw error
        }
    }

    /// The rungs above the login.
    private func climb(
        _ session: Session,
        _ plan: ConnectionPlan,
        _ outcome: OutsideLook.Outcome,
        _ begun: Ladder,
        loginTime: Duration
    ) -> Ladder {
        var ladder = begun
        addTLS(&ladder, plan, outcome, usesTLS: session.usesTLS)
        ladder.add(.authentication, .init(text: method(outcome)), time: loginTime)
        if session.isPooled { ladder.note("a pooler stands in between: what is seen of the session is the pooler's") }
        var rung = CheckStep.Name.database
        do throws(PostgresError) {
            let facts = try ServerFacts(session, timeout: timeout)
            ladder.add(.database, .init(text: facts.database))
            rung = .privileges
            let privileges = try PrivilegeFacts(session, timeout: timeout)
            ladder.add(
                .privileges, CheckRules.privileges(privileges, database: facts.database, role: facts.role))
            rung = .latency
            try measureLatency(session, &ladder)
            rung = .extensions
            ladder.begin()
            let extensions = try ServerReport.Extension.all(session, timeout: timeout)
            let extensionsTime = ladder.elapsed
            ladder.add(.server, CheckRules.server(facts), time: .zero)
            ladder.add(.connections, CheckRules.headroom(facts), time: .zero)
            ladder.add(.extensions, CheckRules.extensions(extensions), time: extensionsTime)
            if !facts.isMonitor, !facts.isSuperuser {
                ladder.note(
                    "without pg_monitor other users' activity stays hidden: GRANT pg_monitor TO "
                        + CheckRules.typed(facts.role))
            }
            ladder.look { $0.server = ServerReport(facts, isPooled: session.isPooled, extensions: extensions) }
        } catch {
            let failure = Failure(error)
            // A missing privilege says nothing about the server.
            let isPrivilege = error.sqlState == .insufficientPrivilege
            ladder.fail(failure, at: rung, verdict: isPrivilege ? .unknown : .critical)
        }
        return ladder
    }

    private func measureLatency(_ session: Session, _ ladder: inout Ladder) throws(PostgresError) {
        ladder.begin()
        var samples: [Double] = []
        for _ in 0..<Self.samples {
            let began = ContinuousClock.now
            _ = try session.rows("SELECT 1", timeout: timeout)
            samples.append((ContinuousClock.now - began) / .seconds(1))
        }
        let latency = LatencyReport(
            samples: samples.count,
            p50S: CheckRules.percentile(0.5, of: samples),
            p95S: CheckRules.percentile(0.95, of: samples)
        )
        let (p50, p95) = (Ladder.milliseconds(latency.p50S), Ladder.milliseconds(latency.p95S))
        ladder.add(.latency, .init(text: "SELECT 1: p50 \(p50) ms, p95 \(p95) ms of \(samples.count)"))
        ladder.look { $0.latency = latency }
    }

    private func addTLS(
        _ ladder: inout Ladder,
        _ plan: ConnectionPlan,
        _ outcome: OutsideLook.Outcome,
        usesTLS: Bool
    ) {
        let protection = CheckRules.Protection(
            sslMode: plan.sslMode,
            usesTLS: usesTLS,
            isLocal: outcome.address?.isLocal ?? true,
            hasRoots: plan.roots.file != nil
        )
        ladder.add(.tls, CheckRules.tls(protection, outcome.tls, now: now), time: .zero)
        guard usesTLS, let facts = outcome.tls else { return }
        ladder.look { report in
            report.tls = TLSReport(
                protocolVersion: facts.protocolVersion,
                cipher: facts.cipher,
                subject: facts.certificate.subject,
                issuer: facts.certificate.issuer,
                names: facts.certificate.names,
                notAfter: facts.certificate.notAfter,
                isVerified: protection.verifiesName
            )
        }
    }

    private func method(_ outcome: OutsideLook.Outcome) -> String {
        outcome.method.map { "method: \($0)" } ?? "logged in"
    }
}

extension ServerReport {
    init(_ facts: ServerFacts, isPooled: Bool, extensions: [Extension]) {
        version = facts.version
        role = facts.isStandby ? "standby" : "primary"
        encoding = facts.encoding
        timeZone = facts.timeZone
        maxConnections = facts.maxConnections
        reservedConnections = facts.reserved
        usedConnections = facts.used
        ordinaryFree = facts.ordinaryFree
        self.isPooled = isPooled
        self.extensions = extensions
    }
}
