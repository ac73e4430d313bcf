public import Operations

/// How the verbs of `dbctl partition` fail.
extension FailureCode {
    // What is asked for.
    public static let partitionScheme = FailureCode("partition.scheme", .configuration)
    public static let partitionTableNotFound = FailureCode("partition.table_not_found", .notFound)
    /// A plain table: it has to be converted first.
    public static let partitionNotPartitioned = FailureCode("partition.not_partitioned", .guarded)
    /// Another column, several of them, an expression, a type without ranges, list or hash.
    public static let partitionKey = FailureCode("partition.key", .guarded)
    public static let partitionCollation = FailureCode("partition.collation", .guarded)
    public static let partitionNotOwner = FailureCode("partition.not_owner", .authentication)
    public static let partitionDirectURL = FailureCode("partition.direct_url", .configuration)

    // What stands in the way.
    /// Something else has the name that a partition should get.
    public static let partitionNameTaken = FailureCode("partition.name_taken", .guarded)
    /// The lock of ATTACH was not to be had.
    public static let partitionLocked = FailureCode("partition.locked", .busy)
    /// An unattached partition of ours holds rows.
    public static let partitionLeftover = FailureCode("partition.leftover", .guarded)
}
