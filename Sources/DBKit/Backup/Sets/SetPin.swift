public import Operations

/// What `backup pin` and `backup unpin` did. A pinned set is kept by retention for as long as it is pinned.
public struct SetPin: Sendable, Codable {
    public var set: String
    public var database: String
    public var path: String
    public var pinned: Bool
    /// False when it was so already.
    public var changed: Bool
    /// Nothing was written.
    public var dryRun: Bool

    enum CodingKeys: String, CodingKey {
        case set, database, path, pinned, changed
        case dryRun = "dry_run"
    }

    /// Pins the set or lets go of it. The set itself is not touched: the pin stands in the note beside it.
    ///
    /// - Throws: `backup.state_damaged`, and then the note is left as it is; `backup.set_not_found` when retention was
    ///   faster.
    public static func set(_ found: FoundSet, pinned: Bool, dryRun: Bool = false) throws(Failure) -> SetPin {
        var wasPinned = try SetState.read(found.path, in: found.repository).pinned ?? false
        let isNeeded = wasPinned != pinned
        if isNeeded, !dryRun {
            try SetState.update(found.path, in: found.repository) { state in
                wasPinned = state.pinned ?? false
                state.pinned = pinned
            }
        }
        return SetPin(
            set: found.path.name.text, database: found.path.database, path: found.folder, pinned: pinned,
            changed: wasPinned != pinned, dryRun: dryRun)
    }
}
