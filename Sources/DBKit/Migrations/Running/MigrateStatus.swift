import Operations
public import Postgres

/// `dbctl migrate status`: the files beside the history. Reads only, also on a standby.
public struct MigrationOverview: Sendable, Encodable {
    public var migrations: [MigrationStatus]
    public var applied: Int
    /// Those that `up` would run: pending ones, changed repeatable ones and half applied ones.
    public var pending: Int
    /// What does not fit: edited, missing, late and half undone ones. None of them is counted above.
    public var problems: Int

    public init(_ folder: MigrationFolder, in session: Session) throws {
        let state = try Reconciliation(folder, MigrationHistory.read(in: session))
        migrations = state.list
        applied = migrations.count { $0.state == .applied }
        pending = migrations.count { [.pending, .partial].contains($0.state) }
        problems = migrations.count { [.edited, .missing, .outOfOrder, .undoing].contains($0.state) }
    }
}
