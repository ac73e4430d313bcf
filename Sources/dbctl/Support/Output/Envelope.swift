import DBKit

/// The JSON document around every result and every error. Written member by member, so that the schema and the
/// verdict stand before the data, where an eye on a log looks first.
struct Envelope: Sendable {
    let schema: String
    let runID: String
    let target: String
    let exit: ExitStatus
    /// Already JSON.
    let data: String?
    let failure: Failure?

    init(schema: String, runID: String, target: String, exit: ExitStatus, data: String?, failure: Failure?) {
        self.schema = schema
        self.runID = runID
        self.target = target
        self.exit = exit
        self.data = data
        self.failure = failure
    }

    init(failure: Failure, runID: String, target: String, exit: ExitStatus) {
        self.init(
            schema: "dbctl.error/1", runID: runID, target: target, exit: exit, data: nil, failure: failure)
    }

    var json: String {
        var members = [
            "\"schema\":\(JSONText.string(schema))",
            "\"run_id\":\(JSONText.string(runID))",
            "\"target\":\(JSONText.string(target))",
            "\"ok\":\(exit == .done)",
            "\"exit\":\(exit.code)",
        ]
        if let data { members.append("\"data\":\(data)") }
        if let failure { members.append("\"error\":\(Self.json(failure))") }
        return "{\(members.joined(separator: ","))}"
    }

    /// Several targets: one result each, in configuration order, and the worst exit code.
    static func json(targets: [Envelope]) -> String {
        let worst = targets.map(\.exit).max() ?? .done
        let results = targets.map(\.json).joined(separator: ",")
        return
            "{\"schema\":\"dbctl.targets/1\",\"ok\":\(worst == .done),\"exit\":\(worst.code),\"results\":[\(results)]}"
    }

    private static func json(_ failure: Failure) -> String {
        let members: [(String, String?)] = [
            ("code", failure.code.name), ("category", failure.category.rawValue), ("sqlstate", failure.sqlState),
            ("message", failure.message), ("detail", failure.detail), ("hint", failure.hint),
        ]
        let spelled = members.compactMap { key, value in value.map { "\"\(key)\":\(JSONText.string($0))" } }
        return "{\(spelled.joined(separator: ","))}"
    }
}
