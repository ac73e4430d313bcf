import Postgres

/// What is said of a relation and of all that it has. Not of foreign keys and triggers, which ATTACH makes from the
/// parent's: theirs stands there.
extension Inheritance {
    func comments() throws -> [TraitDifference] {
        var found = try difference("TABLE \(try table)", target.label, target.comment, model.label, model.comment)
        for wanted in model.columns {
            guard let own = target.columns.first(where: { $0.name == wanted.name }) else { continue }
            found += try difference(
                "COLUMN \(try table).\(try identifier(own.name))", "\(target.label).\(own.name)", own.comment,
                model.label, wanted.comment)
        }
        for wanted in model.constraints where wanted.kind == .check {
            guard let own = target.constraints.first(where: { $0.kind == .check && $0.name == wanted.name }) else {
                continue
            }
            found += try difference(
                "CONSTRAINT \(try identifier(own.name)) ON \(try table)", "\(own.name) of \(target.label)", own.comment,
                model.label, wanted.comment)
        }
        for wanted in model.indexes { found += try comments(likeThoseOf: wanted) }
        for wanted in model.statistics {
            guard let own = counterpart(of: wanted) else { continue }
            found += try difference(
                "STATISTICS \(try identifier(own.schema, own.name))", "the statistics \(own.schema).\(own.name)",
                own.comment, "\(wanted.schema).\(wanted.name)", wanted.comment)
        }
        for wanted in model.policies {
            guard let own = counterpart(of: wanted) else { continue }
            found += try difference(
                "POLICY \(try identifier(own.name)) ON \(try table)", "the policy \(own.name) of \(target.label)",
                own.comment, model.label, wanted.comment)
        }
        return found
    }

    /// A constraint that is made of an index has its name, and a comment of its own.
    private func comments(likeThoseOf wanted: RelationTraits.Index) throws -> [TraitDifference] {
        let alike = counterparts(of: wanted)
        guard let own = alike.first else { return [] }
        var found: [TraitDifference] = []
        // Of several that say the same each may be any other's, as long as none is attached.
        if !alike.contains(where: { $0.comment == wanted.comment }) {
            found += try difference(
                "INDEX \(try identifier(target.schema, own.name))", "\(target.schema).\(own.name)", own.comment,
                "\(model.schema).\(wanted.name)", wanted.comment)
        }
        if wanted.constraint != nil, !alike.contains(where: { $0.constraintComment == wanted.constraintComment }) {
            found += try difference(
                "CONSTRAINT \(try identifier(own.name)) ON \(try table)", "\(own.name) of \(target.label)",
                own.constraintComment, model.label, wanted.constraintComment)
        }
        return found
    }

    private func difference(
        _ place: SQLFragment, _ what: String, _ own: String?, _ model: String, _ wanted: String?
    ) throws -> [TraitDifference] {
        guard own != wanted else { return [] }
        return [
            TraitDifference(
                trait: .comment, message: "the comment of \(what) is not that of \(model)",
                statements: ["COMMENT ON \(place) IS \(try Self.comment(wanted))"])
        ]
    }

    static func comment(_ text: String?) throws(PostgresError) -> SQLFragment {
        guard let text else { return "NULL" }
        return "\(try literal(text))"
    }
}
