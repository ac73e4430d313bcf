public import Operations

/// How `dbctl partition convert` fails, beyond what the other verbs do.
extension FailureCode {
    // What stands in the way.
    public static let partitionColumn = FailureCode("partition.column", .notFound)
    /// The plan has something that cannot be moved, or that the server does not allow.
    public static let partitionConvertBlocked = FailureCode("partition.convert_blocked", .guarded)
    /// A unique key gets the partition key, or another table refers to the table.
    public static let partitionConvertConsent = FailureCode("partition.convert_consent", .guarded)
    public static let partitionConvertRows = FailureCode("partition.convert_rows", .guarded)
    public static let partitionConvertPrivilege = FailureCode("partition.convert_privilege", .authentication)
    public static let partitionConvertNotWritable = FailureCode("partition.convert_not_writable", .authentication)
    /// Begun with another column, step or strategy.
    public static let partitionConvertOther = FailureCode("partition.convert_other", .guarded)
    /// Nothing to undo or to finish.
    public static let partitionConvertNone = FailureCode("partition.convert_none", .notFound)

    // What becomes of it.
    /// The table's definition is not the one that was copied.
    public static let partitionConvertChanged = FailureCode("partition.convert_changed", .guarded)
    /// The copy is not what the table is, or the trigger was switched off.
    public static let partitionConvertDrift = FailureCode("partition.convert_drift", .guarded)
    /// The lock of the swap was not to be had, or the swap did not fit into --max-stall.
    public static let partitionConvertBusy = FailureCode("partition.convert_busy", .busy)
    /// In use, and a foreign key does not hold.
    public static let partitionConvertForeignKey = FailureCode("partition.convert_foreign_key", .partial)
}
