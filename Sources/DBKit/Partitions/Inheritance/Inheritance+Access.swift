import Postgres

/// Who may do what: grants on the table and on its columns, and policies.
extension Inheritance {
    func grants() throws -> [TraitDifference] {
        var found = try differences(owned(target.grants), model.grants, column: nil)
        for wanted in model.columns {
            guard let own = target.columns.first(where: { $0.name == wanted.name }) else { continue }
            found += try differences(owned(own.grants), wanted.grants, column: wanted.name)
        }
        return found
    }

    /// What an owner may do goes to the next one with the table.
    private func owned(_ grants: [RelationTraits.Grant]) -> [RelationTraits.Grant] {
        guard traits.contains(.owner), target.owner != model.owner else { return grants }
        return grants.map { grant in
            var grant = grant
            if grant.grantee == target.owner { grant.grantee = model.owner }
            return grant
        }
    }

    private func differences(
        _ own: [RelationTraits.Grant], _ wanted: [RelationTraits.Grant], column: String?
    ) throws -> [TraitDifference] {
        let what = column.map { "\(target.label) (\($0))" } ?? target.label
        let place: SQLFragment = try column.map { " (\(try identifier($0)))" } ?? ""
        // The owner's own come with the owner; one that was taken from him is missing here as well.
        let surplus = Set(own.map(\.plain)).subtracting(wanted.map(\.plain)).sorted()
        let missing = wanted.filter { grant in !own.contains(grant) }
        return try surplus.map { grant in
            TraitDifference(
                trait: .grant, message: "\(grant.who) may \(grant.privilege) on \(what), and not on \(model.label)",
                statements: [
                    "REVOKE \(ServerText(catalog: grant.privilege))\(place) ON TABLE \(try table) FROM \(try Self.role(grant.grantee))"
                ])
        }
            + missing.map { grant in
                let option: SQLFragment = grant.isGrantable ? " WITH GRANT OPTION" : ""
                // What may be handed on here and not there.
                var statements: [Query] = []
                if own.contains(where: { $0.plain == grant.plain }) {
                    statements.append(
                        "REVOKE \(ServerText(catalog: grant.privilege))\(place) ON TABLE \(try table) FROM \(try Self.role(grant.grantee))"
                    )
                }
                statements.append(
                    "GRANT \(ServerText(catalog: grant.privilege))\(place) ON TABLE \(try table) TO \(try Self.role(grant.grantee))\(option)"
                )
                return TraitDifference(
                    trait: .grant,
                    message:
                        "\(grant.plain.who) may not \(grant.privilege) on \(what)\(grant.isGrantable ? " and hand that on" : "") as on \(model.label)",
                    statements: statements)
            }
    }

    private static func role(_ name: String?) throws(PostgresError) -> SQLFragment {
        guard let name else { return "PUBLIC" }
        return "\(try identifier(name))"
    }

    func policies() throws -> [TraitDifference] {
        var found: [TraitDifference] = []
        for own in target.policies where !model.policies.contains(where: { isSame(own, $0) }) {
            found.append(
                TraitDifference(
                    trait: .policy, message: "the policy \(own.name) of \(target.label) is none of \(model.label)'s",
                    statements: ["DROP POLICY \(try identifier(own.name)) ON \(try table)"]))
        }
        for wanted in model.policies where counterpart(of: wanted) == nil {
            let roles = try wanted.roles.map { try Self.role($0) }
            var body: SQLFragment =
                "AS \(wanted.isPermissive ? "PERMISSIVE" : "RESTRICTIVE" as SQLFragment) FOR \(Self.commands[wanted.command] ?? "ALL") TO \(roles.joined(separator: ", "))"
            if let expression = wanted.using { body = "\(body) USING (\(condition(expression)))" }
            if let expression = wanted.check { body = "\(body) WITH CHECK (\(condition(expression)))" }
            let place: SQLFragment = "POLICY \(try identifier(wanted.name)) ON \(try table)"
            var statements: [Query] = ["CREATE \(place) \(body)"]
            if let comment = wanted.comment { statements.append("COMMENT ON \(place) IS \(try literal(comment))") }
            found.append(
                TraitDifference(
                    trait: .policy, message: "\(target.label) lacks the policy \(wanted.name)", statements: statements))
        }
        return found
    }

    func counterpart(of wanted: RelationTraits.Policy) -> RelationTraits.Policy? {
        target.policies.first { isSame($0, wanted) }
    }

    /// As it can be typed for a partition in use, whose name no transaction can change for a moment, see ``PolicyCopy``.
    private func condition(_ expression: String) -> ServerText {
        ServerText(
            catalog: isInUse ? PolicyText.renaming(model.name, to: target.name, in: expression) : expression)
    }

    private func isSame(_ own: RelationTraits.Policy, _ wanted: RelationTraits.Policy) -> Bool {
        own.isSame(as: wanted, of: target.name, and: model.name)
    }

    /// Source: `polcmd` in the documentation of pg_policy.
    private static let commands: [String: SQLFragment] = [
        "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL",
    ]
}

extension RelationTraits.Grant {
    /// Without the right to hand it on.
    fileprivate var plain: PlainGrant { PlainGrant(grantee: grantee, privilege: privilege) }
}

private struct PlainGrant: Hashable, Comparable {
    var grantee: String?
    var privilege: String

    var who: String { grantee ?? "PUBLIC" }

    static func < (left: PlainGrant, right: PlainGrant) -> Bool {
        (left.who, left.privilege) < (right.who, right.privilege)
    }
}
