import Postgres

/// What `--dry-run` says of a partitioned table: every statement, in order.
struct PartitionPlan {
    private(set) var report = IndexCreateReport(isDryRun: true, indexes: [])

    init(_ request: IndexRequest, _ survey: IndexSurvey, in session: Session) throws {
        if case .covered(let wider) = try survey.plan { throw survey.refusal(wider) }
        let tree = try PartitionTree.read(survey.table, in: session)
        try tree.refuse(survey.wanted.definition)
        let steps = try PartitionSteps(tree, wanted: survey.wanted)
        if !steps.builds.isEmpty {
            report.notes = try survey.preview(in: session, request, parts: steps.builds.map(\.table.oid))
        }
        if let root = steps.root {
            report.indexes.append(.equivalent(root))
            if !root.isUsable { report.notes.append("\(root.label) is INVALID until every partition has its own") }
        }
        for shell in steps.shells {
            try add(shell, survey.body.statement(.only, name: identifier(shell.name), on: shell.table.sql()))
        }
        for build in steps.builds {
            report.statements += try build.removing.map { try $0.dropStatement.text }
            try add(build, survey.body.statement(.concurrently, name: identifier(build.name), on: build.table.sql()))
        }
        report.statements += try steps.broken.map { try $0.index.rebuildStatement.text }
        report.statements += try steps.attachments.map { try $0.statement.text }
        report.indexes += steps.equivalent.map(IndexChange.equivalent)
    }

    private mutating func add(_ build: PartitionSteps.Build, _ query: Query) throws {
        var change = IndexChange(
            schema: build.table.schema, table: build.table.name, name: build.name, state: .planned)
        change.statement = query.text
        report.statements.append(query.text)
        report.indexes.append(change)
    }
}

extension PartitionSteps.Attachment {
    var statement: Query {
        get throws(PostgresError) {
            "ALTER INDEX \(try identifier(parent.schema, parent.name)) ATTACH PARTITION \(try identifier(child.schema, child.name))"
        }
    }
}
