import Operations
import Postgres
import Triage

/// Whoever is on call, at a server that lets ordinary clients in no more.
struct DemoTriage: Sendable {
    /// As a role that may look, end sessions, and come in as a walsender.
    let server: ConnectionParameters
    let run: OperationLog.Run
    let applicationName: String

    static let rootBlocker = "dbctl pool kill --root-blocker"

    func check() async throws -> PoolCheckReport { try await PoolCheck(entrance()).run() }

    func examine() async throws -> DoctorReport { try await Doctor(entrance()).examine() }

    func kill(_ selection: KillSelection) throws -> Kill {
        var kill = Kill(try entrance(isReadOnly: false), selection)
        kill.most = 24
        var run = run
        (run.id, run.command, run.arguments) = (RunID.make(), "pool kill", [])
        kill.run = run
        return kill
    }

    func end(_ selection: KillSelection) async throws -> KillReport {
        let report = try await kill(selection).carryOut()
        if let failure = report.failure { throw failure }
        return report
    }

    /// As the doctor spelled it, whose limit takes in those that were there when it looked.
    func endIdle(as doctor: DoctorReport) async throws -> KillReport {
        guard let spelled = doctor.nextCommand?.firstMatch(of: /--idle-in-transaction (\S+)/)?.1,
            let limit = try? Duration(spelled: String(spelled))
        else {
            throw Failure(
                .demoStuck, "pool doctor does not say that sessions are idle in transaction: \(doctor.verdict.text)",
                hint: "dbctl explain demo.stuck")
        }
        return try await end(.idleInTransaction(limit, application: nil))
    }

    private func entrance(isReadOnly: Bool = true) throws -> Entrance {
        var settings = SessionSettings(applicationName: applicationName)
        settings.statementTimeout = .seconds(5)
        settings.stallTimeout = .seconds(5)
        settings.isReadOnly = isReadOnly
        return Entrance(try Ways(own: server), settings: settings)
    }
}
