public import Operations

/// The ways in which a refresh fails, beyond what the server and the file system have to say.
extension FailureCode {
    // What the files say.
    /// They cannot be read as what they are taken for: CSV, NDJSON, an encoding, a compression.
    public static let refreshFormat = FailureCode("refresh.format", .data)
    public static let refreshHeader = FailureCode("refresh.header", .data)
    public static let refreshEmpty = FailureCode("refresh.empty", .data)
    public static let refreshFiles = FailureCode("refresh.files", .usage)
    public static let refreshRejected = FailureCode("refresh.rejected", .data)
    public static let refreshDuplicates = FailureCode("refresh.duplicates", .data)

    // What the target says.
    public static let refreshTableNotFound = FailureCode("refresh.table_not_found", .notFound)
    public static let refreshNotATable = FailureCode("refresh.not_a_table", .configuration)
    public static let refreshColumn = FailureCode("refresh.column", .configuration)
    public static let refreshNoUniqueIndex = FailureCode("refresh.no_unique_index", .guarded)
    public static let refreshMissingPartition = FailureCode("refresh.missing_partition", .guarded)
    public static let refreshRowSecurity = FailureCode("refresh.row_security", .authentication)
    public static let refreshNotWritable = FailureCode("refresh.not_writable", .authentication)

    // What becomes of a run.
    public static let refreshGuard = FailureCode("refresh.guard", .guarded)
    public static let refreshBusy = FailureCode("refresh.busy", .busy)
    public static let refreshPartial = FailureCode("refresh.partial", .partial)
    public static let refreshRunNotFound = FailureCode("refresh.run_not_found", .notFound)
    public static let refreshNotUndoable = FailureCode("refresh.not_undoable", .guarded)
    /// A mistake of dbctl's: the sum of what became of the records is not what was read.
    public static let refreshAccounting = FailureCode("refresh.accounting", .bug)
}
