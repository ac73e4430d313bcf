import TestSupport
import Testing

/// What a command line that cannot be read is told to type next.
@Suite("usage hints") struct UsageHintTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var hint: String
        var message: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(
        "the help that is named is that of the verb or area, and an unknown verb is what is complained of",
        arguments: [
            Case(
                arguments: ["backup", "prune", "--keep-last", "-1"], hint: "dbctl backup prune --help",
                message: "--keep-last needs a number of at least 0"),
            Case(
                arguments: ["backup", "prune", "--keep-daily", "x"], hint: "dbctl backup prune --help",
                message: "The value 'x' is invalid"),
            Case(
                arguments: ["restore", "--latest", "--into", "x", "--frob"], hint: "dbctl restore --help",
                message: "--frob"),
            Case(
                arguments: ["backup", "vrify", "--all"], hint: "dbctl backup --help",
                message: "there is no `dbctl backup vrify`; did you mean `dbctl backup verify`?"),
            Case(
                arguments: ["xyzzy", "--into", "x"], hint: "dbctl --help", message: "there is no `dbctl xyzzy`"),
            Case(arguments: ["backup"], hint: "dbctl backup --help", message: "backup: a verb is missing"),
        ])
    func hint(_ one: Case) async throws {
        let outcome = try await Dbctl.run(one.arguments + ["--format", "json"])
        #expect(outcome.exitCode == 64)
        let error = try #require(try outcome.json()["error"] as? [String: Any], "\(outcome)")
        #expect(error["hint"] as? String == one.hint, "\(outcome)")
        #expect((error["message"] as? String)?.contains(one.message) == true, "\(outcome)")
        #expect(error["code"] as? String == "usage.arguments")
    }
}
