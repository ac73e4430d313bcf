// Trouble made for real, and one look at it.

import DBKit
import Foundation
import TestSupport

extension Sandbox {
    /// One look, as this role; through a `replication=database` session when asked to.
    func observe(user: String = "postgres", asWalsender: Bool = false) async throws -> Observation {
        var settings = SessionSettings(applicationName: "dbctl pool doctor")
        settings.isReadOnly = true
        settings.statementTimeout = .seconds(30)
        return try await Connection.with(
            login(user: user, asWalsender ? ["replication": "database"] : [:]), settings: settings
        ) { connection in
            try await connection.run { try Observer(timeout: .seconds(30)).observe(in: $0) }
        }
    }

    /// Looks until what is waited for has come about; other sessions need their time.
    func observe(
        user: String = "postgres", asWalsender: Bool = false, until what: String,
        _ isThere: (Observation) async throws -> Bool
    ) async throws -> Observation {
        var last: Observation?
        try await eventually(what) {
            let look = try await observe(user: user, asWalsender: asWalsender)
            last = look
            return try await isThere(look)
        }
        guard let last else { throw TestSupportError("nothing was observed") }
        return last
    }
}

extension Observation {
    func later(_ seconds: Double) -> Observation {
        var later = self
        later.time += seconds
        return later
    }

    func session(_ application: String) -> ObservedSession? {
        sessions.first { $0.applicationName == application }
    }

    var verdict: Verdict { Triage.verdict(of: self) }
}
