public import Operations

/// The ways in which a restore refuses or fails.
extension FailureCode {
    public static let restoreSourceMissing = FailureCode("restore.source_missing", .notFound)
    public static let restoreNotAnArchive = FailureCode("restore.not_an_archive", .data)
    public static let restoreSetDamaged = FailureCode("restore.set_damaged", .data)
    public static let restoreTargetMissing = FailureCode("restore.target_missing", .notFound)
    public static let restoreTargetExists = FailureCode("restore.target_exists", .cannotCreate)
    public static let restoreTargetNotEmpty = FailureCode("restore.target_not_empty", .cannotCreate)
    public static let restoreTargetInUse = FailureCode("restore.target_in_use", .busy)
    public static let restoreRequirements = FailureCode("restore.requirements_missing", .configuration)
    public static let restoreInProgress = FailureCode("restore.in_progress", .busy)
    public static let restoreStatement = FailureCode("restore.statement_failed", .refused)
    public static let restoreTableMissing = FailureCode("restore.table_missing", .notFound)
    public static let restoreTableAmbiguous = FailureCode("restore.table_ambiguous", .usage)
    public static let restoreTableExists = FailureCode("restore.table_exists", .cannotCreate)
    public static let restoreSchemaMissing = FailureCode("restore.schema_missing", .notFound)
    public static let restoreSchemaExists = FailureCode("restore.schema_exists", .cannotCreate)
    public static let restoreTableInUse = FailureCode("restore.table_in_use", .guarded)
    public static let restoreTableBusy = FailureCode("restore.table_busy", .busy)
    public static let restoreRowsExist = FailureCode("restore.rows_exist", .cannotCreate)
    public static let restoreColumnType = FailureCode("restore.column_type", .data)
    public static let restoreRowSecurity = FailureCode("restore.row_security", .authentication)
    public static let restoreResumeDiffers = FailureCode("restore.resume_differs", .usage)
    public static let restoreResumeRows = FailureCode("restore.resume_rows", .data)
    public static let restoreThroughPooler = FailureCode("restore.through_pooler", .configuration)
}
