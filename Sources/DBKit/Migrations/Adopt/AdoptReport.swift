/// What `adopt` found, and what it wrote or would write.
public struct AdoptReport: Sendable, Encodable {
    public var tool: ForeignTool
    /// Its history, with the schema.
    public var table: String
    public var isDryRun: Bool
    public var changes: [HistoryReport.Change]
    /// Files that are still to be applied.
    public var pending: Int
    public var warnings: [String]

    enum CodingKeys: String, CodingKey {
        case tool, table
        case isDryRun = "dry_run"
        case changes, pending, warnings
    }

    init(_ source: ForeignSource, _ plan: AdoptionPlan, isDryRun: Bool) {
        tool = source.tool
        table = source.table.label
        self.isDryRun = isDryRun
        pending = plan.pending
        warnings = plan.warnings
        changes = plan.records.map { record in
            .init(
                version: record.key, name: record.name,
                change: record.migration == nil ? "recorded as applied, without a file" : "recorded as applied, not run"
            )
        }
    }
}
