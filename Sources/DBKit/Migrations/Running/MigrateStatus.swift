import Operations
public import Postgres

/// `dbctl migrate status`: the files beside the history. Reads only, also on a standby.
public struct MigrationOverview: Sendable, Encodable {
    public var migrations: [MigrationStatus]
    public var applied: Int
    /// Those that `up` would run: pending, late, changed repeatable and unfinished ones.
    public var pending: Int
    /// States that keep `up` from running.
    public var problems: Int

    public init(_ folder: MigrationFolder, in session: Session) throws {
        let state = try Reconciliation(folder, MigrationHistory.read(in: session))
        migrations = state.list
        applied = migrations.count { $0.state == .applied }
        pending = state.pending.count + state.unfinished.count
        problems = migrations.count { [.edited, .missing, .outOfOrder, .undoing].contains($0.state) }
    }
}
