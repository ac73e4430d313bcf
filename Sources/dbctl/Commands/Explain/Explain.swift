import ArgumentParser
import DBKit

/// `dbctl explain CODE`: what an error code means, without a server, a configuration or a network.
struct Explain: Verb {
    static let schema = "dbctl.explain/1"
    static let usesConfiguration = false
    static let usesServer = false
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "What an error code means and what to do; without a code, all of them.",
        discussion: """
            Example: dbctl explain auth.password
            Exit codes: 0 explained, 64 bad command line, 66 there is no such code (the nearest are named), 130 \
            SIGINT, 143 SIGTERM.
            """
    )

    @Argument(help: "The error.code of a message.", completion: .errorCode) var code: String?
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(_ context: Context) throws -> Explanations {
        guard let code else { return Explanations(FailureCatalogue.entries, isListing: true) }
        if let entry = FailureCatalogue.entry(named: code.lowercased()) {
            return Explanations([entry], isListing: false)
        }
        let names = FailureCatalogue.entries.map(\.code.name)
        let near = NearestName.of(code, among: names, limit: 3)
        let nearest = near.isEmpty ? FailureCatalogue.suggestions(for: code) : near
        throw Failure(
            .unknownCode,
            "there is no error code \"\(code)\"",
            detail: nearest.isEmpty ? nil : "nearest: \(nearest.joined(separator: ", "))",
            hint: nearest.first.map { "dbctl explain \($0)" } ?? "dbctl explain lists all codes"
        )
    }
}

/// The result of `dbctl explain`.
struct Explanations: Encodable, Sendable {
    struct Code: Encodable, Sendable {
        let code: String
        let category: String
        let exit: Int32
        let meaning: String
        let causes: [String]
        let next: [String]
    }

    let codes: [Code]
    private let isListing: Bool

    enum CodingKeys: CodingKey {
        case codes
    }

    init(_ entries: [FailureCatalogue.Entry], isListing: Bool) {
        self.isListing = isListing
        codes = entries.map { entry in
            Code(
                code: entry.code.name,
                category: entry.code.category.rawValue,
                exit: ExitStatus(entry.code.category).code,
                meaning: entry.meaning,
                causes: entry.causes,
                next: entry.next
            )
        }
    }
}

extension Explanations: CommandResult {
    func human(_ style: Style) -> String {
        guard isListing else { return codes.map { Self.whole($0, style) }.joined(separator: "\n\n") }
        var table = TextTable("CODE", .right("EXIT"), "MEANING")
        for code in codes { table.add(code.code, String(code.exit), code.meaning) }
        return table.rendered(style)
    }

    private static func whole(_ code: Code, _ style: Style) -> String {
        var lines = [style.bold(code.code) + "  (\(code.category), exit \(code.exit))", code.meaning]
        if !code.causes.isEmpty { lines += ["", "Why it happens:"] + code.causes.map { "  - \($0)" } }
        if !code.next.isEmpty { lines += ["", "What to do:"] + code.next.map { "  - \($0)" } }
        return lines.joined(separator: "\n")
    }
}
