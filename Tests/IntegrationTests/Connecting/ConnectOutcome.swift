// What the tests of failed connections share: one refusal, seen through both doors.

import DBKit
import Foundation
import TestSupport
import Testing

extension Sandbox {
    /// Puts these lines, and nothing else but the superuser over the socket, into pg_hba.conf.
    func replaceAuthentication(_ lines: [String]) async throws {
        let text = (["local all postgres trust"] + lines).joined(separator: "\n") + "\n"
        try await write(Array(text.utf8), to: "pg_hba.conf")
        // A reload leaves nothing to wait for: a new backend has the new settings before the postmaster has the file.
        try await restartServer()
    }
}

func connect(_ parameters: ConnectionParameters, timeout: Duration = .seconds(10)) async throws -> Connection {
    try await Connection.open(parameters, settings: SessionSettings(applicationName: "test"), timeout: timeout)
}

func check(_ parameters: ConnectionParameters, timeout: Duration = .seconds(5)) async throws -> CheckReport {
    try await ConnectionCheck(
        parameters: parameters, settings: SessionSettings(applicationName: "test check"), connection: [],
        source: "the test", timeout: timeout, now: Date()
    ).run()
}

/// Claims that a session does not come about and why: once through ``Connection``, once through the ladder, which must
/// end on that rung as CRITICAL with a remedy.
@discardableResult
func expectRefusal(
    _ code: FailureCode, sqlState: String?, at rung: CheckStep.Name, _ parameters: ConnectionParameters,
    verdict: CheckVerdict = .critical, timeout: Duration = .seconds(5),
    sourceLocation: SourceLocation = #_sourceLocation
) async throws -> CheckReport {
    do {
        let connection = try await connect(parameters, timeout: timeout)
        await connection.close()
        Issue.record("the connection came about", sourceLocation: sourceLocation)
    } catch let error as PostgresError {
        let failure = Failure(error)
        #expect(failure.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(failure.sqlState == sqlState, sourceLocation: sourceLocation)
        #expect(failure.hint?.isEmpty == false, sourceLocation: sourceLocation)
    }
    let report = try await check(parameters, timeout: timeout)
    #expect(report.verdict == verdict, sourceLocation: sourceLocation)
    #expect(report.failure?.code == code, "\(report.failure?.message ?? "OK")", sourceLocation: sourceLocation)
    #expect(report.failure?.sqlState == sqlState, sourceLocation: sourceLocation)
    #expect(report.steps.last?.name == rung, sourceLocation: sourceLocation)
    #expect(report.steps.last?.hint?.isEmpty == false, sourceLocation: sourceLocation)
    return report
}
