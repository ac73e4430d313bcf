public import Operations

/// The ways in which backups fail, beyond what the server and the file system have to say.
extension FailureCode {
    public static let backupDamaged = FailureCode("backup.damaged", .data)
    public static let backupNameEncoding = FailureCode("backup.name_encoding", .configuration)
    public static let backupNewerFormat = FailureCode("backup.newer_format", .configuration)
    public static let backupStateDamaged = FailureCode("backup.state_damaged", .data)
    public static let backupSetNotFound = FailureCode("backup.set_not_found", .notFound)
    public static let backupSetAmbiguous = FailureCode("backup.set_ambiguous", .usage)
    public static let backupDiskSpace = FailureCode("backup.disk_space", .cannotCreate)
    public static let backupLocked = FailureCode("backup.locked", .busy)
    public static let backupUnstable = FailureCode("backup.unstable", .busy)
    public static let backupSnapshotAge = FailureCode("backup.snapshot_age", .guarded)
    public static let backupHiddenRows = FailureCode("backup.hidden_rows", .authentication)
    public static let backupUnreadable = FailureCode("backup.unreadable", .authentication)
    public static let backupIncomplete = FailureCode("backup.incomplete", .authentication)
    public static let backupLockTable = FailureCode("backup.lock_table", .refused)
    public static let backupPooled = FailureCode("backup.through_pooler", .configuration)
    public static let backupDrillFailed = FailureCode("backup.drill_failed", .data)
    public static let backupDrillServer = FailureCode("backup.drill_server", .configuration)
    public static let backupPolicyEmpty = FailureCode("backup.policy_empty", .usage)
    public static let backupPruneFailed = FailureCode("backup.prune_failed", .partial)
    public static let backupTooOld = FailureCode("backup.too_old", .negative)
    public static let backupNoGoodSet = FailureCode("backup.no_good_set", .negative)
    public static let backupNewestNotGood = FailureCode("backup.newest_not_good", .negative)
    public static let backupDrillOverdue = FailureCode("backup.drill_overdue", .negative)
    public static let backupPattern = FailureCode("backup.pattern", .usage)
}
