import ArgumentParser
import DBKit

/// `dbctl explain CODE`: what an error code or an SQLSTATE means, without a server, a configuration or a network.
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
                     dbctl explain 55P03
            An SQLSTATE is told by the codes that dbctl has for such an error.
            Exit codes: 0 explained, 64 bad command line, 66 there is no such code (the nearest are named), 130 \
            SIGINT, 143 SIGTERM.
            """
    )

    @Argument(help: "The error.code of a message, or an SQLSTATE.", completion: .errorCode) var code: String?
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(_ context: Context) throws -> Explanations {
        guard let code else { return Explanations(FailureCatalogue.entries, isListing: true) }
        if let entry = FailureCatalogue.entry(named: code.lowercased()) {
            return Explanations([entry], isListing: false)
        }
        if let meaning = SQLStateMeaning(code) { return Explanations(meaning) }
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
    /// Where that was asked for.
    let sqlstate: String?
    let sqlstateClass: String?
    private let isListing: Bool

    enum CodingKeys: CodingKey {
        case codes, sqlstate, sqlstateClass
    }

    init(_ meaning: SQLStateMeaning) {
        self.init(
            meaning.codes.compactMap { FailureCatalogue.entry(named: $0.name) }, isListing: false,
            sqlstate: meaning.state.code, sqlstateClass: meaning.className)
    }

    init(_ entries: [FailureCatalogue.Entry], isListing: Bool, sqlstate: String? = nil, sqlstateClass: String? = nil) {
        self.isListing = isListing
        self.sqlstate = sqlstate
        self.sqlstateClass = sqlstateClass
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
        guard isListing else {
            return ([stateLines(style)].compactMap { $0 } + codes.map { Self.whole($0, style) }).joined(
                separator: "\n\n")
        }
        var table = TextTable("CODE", .right("EXIT"), "MEANING")
        for code in codes { table.add(code.code, String(code.exit), code.meaning) }
        return table.rendered(style)
    }

    private func stateLines(_ style: Style) -> String? {
        guard let sqlstate else { return nil }
        let kind =
            sqlstateClass.map { "class \(sqlstate.prefix(2)) of PostgreSQL: \($0)" }
            ?? "PostgreSQL has no class \(sqlstate.prefix(2)): a function of the database or an extension made it up"
        let names = codes.map(\.code).joined(separator: ", ")
        let told =
            switch codes.count {
            case 0: "It is no error."
            case 1: "dbctl calls such an error \(names):"
            default: "The server uses it for several reasons, which dbctl tells apart: \(names)"
            }
        return "\(style.bold("SQLSTATE \(sqlstate)"))  (\(kind))\n\(told)"
    }

    private static func whole(_ code: Code, _ style: Style) -> String {
        var lines = [style.bold(code.code) + "  (\(code.category), exit \(code.exit))", code.meaning]
        if !code.causes.isEmpty { lines += ["", "Why it happens:"] + code.causes.map { "  - \($0)" } }
        if !code.next.isEmpty { lines += ["", "What to do:"] + code.next.map { "  - \($0)" } }
        return lines.joined(separator: "\n")
    }
}
