import Operations

/// The roles that an archive's entries name, and how they are exchanged or left out.
///
/// Only entries whose SQL names roles are looked into; a role is found by its place in `pg_dump`'s own grammar.
struct RoleReferences {
    /// Role in the archive to role on the target server.
    var map: [ArchiveText: ArchiveText]
    /// Roles (of the target server) that are not there and that may be left out: with `--no-owner`.
    var absent: Set<ArchiveText> = []

    /// The roles that an entry needs on the server, apart from its owner.
    func roles(of entry: ArchiveEntry) -> Set<ArchiveText> {
        guard let definition = entry.definition, let rule = Rule(entry.kind) else { return [] }
        return Set(
            DumpLexer.statements(definition).flatMap { statement in
                rule.places(in: statement).compactMap { statement[$0].name.map(mapped) }
            })
    }

    func mapped(_ role: ArchiveText) -> ArchiveText { map[role] ?? role }

    /// The entry's SQL with roles exchanged, and without the statements about absent ones; nil when nothing is left.
    func rewritten(_ entry: ArchiveEntry) -> ArchiveText? {
        guard let definition = entry.definition else { return nil }
        guard let rule = Rule(entry.kind), !(map.isEmpty && absent.isEmpty) else { return definition }
        let statements = DumpLexer.statements(definition).compactMap { rewritten($0, rule) }
        return statements.isEmpty ? nil : ArchiveText(bytes: statements.flatMap { $0.bytes + [0x0A] })
    }

    private func rewritten(_ statement: [DumpLexer.Token], _ rule: Rule) -> ArchiveText? {
        var statement = statement
        var left = 0
        var doomed: [Int] = []
        for place in rule.places(in: statement) {
            guard let name = statement[place].name else {
                left += 1  // PUBLIC
                continue
            }
            let role = mapped(name)
            if absent.contains(role) {
                doomed.append(place)
            } else {
                left += 1
                if role != name { statement[place].bytes = role.quotedIdentifier.bytes }
            }
        }
        guard doomed.isEmpty || (rule == .policy && left > 0) else { return nil }
        for place in doomed.reversed() { Self.removeListItem(place, from: &statement) }
        return DumpLexer.text(statement)
    }

    /// Takes one name out of a comma-separated list that has others.
    private static func removeListItem(_ place: Int, from statement: inout [DumpLexer.Token]) {
        let after = statement[(place + 1)...].firstIndex { !$0.isBlank }
        if let after, statement[after].isSymbol(",") {
            let next = statement[(after + 1)...].firstIndex { !$0.isBlank } ?? statement.endIndex
            statement.removeSubrange(place..<next)
        } else if let comma = statement[..<place].lastIndex(where: { $0.isSymbol(",") }) {
            statement.removeSubrange(comma...place)
        }
    }

    /// Where the grammar of an entry's statements puts roles.
    enum Rule {
        case privileges, policy, userMapping, databaseSettings

        init?(_ kind: ArchiveEntry.Kind) {
            switch kind {
            case .acl, .defaultACL: self = .privileges
            case "POLICY": self = .policy
            case "USER MAPPING": self = .userMapping
            case .databaseProperties: self = .databaseSettings
            default: return nil
            }
        }

        /// Indices of the tokens that are roles, or the keyword PUBLIC in their place.
        func places(in statement: [DumpLexer.Token]) -> [Int] {
            let words = statement.indices.filter { !statement[$0].isBlank && statement[$0].depth == 0 }
            var places: [Int] = []
            for (order, index) in words.enumerated() where begins(order, words, statement) {
                var next = order + 1
                while next < words.count, isRole(statement[words[next]]) {
                    places.append(words[next])
                    guard next + 1 < words.count, statement[words[next + 1]].isSymbol(",") else { break }
                    next += 2
                }
                // The USING and WITH CHECK of a policy are expressions; nothing in them is a role.
                if self == .policy, statement[index].is("TO") { break }
            }
            return places
        }

        private func isRole(_ token: DumpLexer.Token) -> Bool { token.name != nil || token.is("PUBLIC") }

        /// Whether a role comes after this word.
        private func begins(_ order: Int, _ words: [Int], _ statement: [DumpLexer.Token]) -> Bool {
            let word = statement[words[order]]
            func previous(is keyword: String) -> Bool { order > 0 && statement[words[order - 1]].is(keyword) }
            return switch self {
            case .privileges:
                word.is("TO") || word.is("FROM") || word.is("ROLE") && previous(is: "FOR")
                    || word.is("AUTHORIZATION") && previous(is: "SESSION")
            case .policy: word.is("TO")
            case .userMapping: word.is("FOR") && previous(is: "MAPPING")
            case .databaseSettings: word.is("ROLE") && previous(is: "ALTER")
            }
        }
    }
}
