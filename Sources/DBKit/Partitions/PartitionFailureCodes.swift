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

    public static let partitionNotDeclared = FailureCode("partition.not_declared", .configuration)

    // What stands in the way.
    /// Bounds that dbctl cannot compare with its own.
    public static let partitionBounds = FailureCode("partition.bounds", .guarded)
    /// Only a piece of a range is free.
    public static let partitionOverlap = FailureCode("partition.overlap", .guarded)
    /// So many gaps that somebody should look first.
    public static let partitionTooMany = FailureCode("partition.too_many", .guarded)
    public static let partitionRangeEnd = FailureCode("partition.range_end", .guarded)
    /// Rows in the default partition belong to a wanted one.
    public static let partitionStrayRows = FailureCode("partition.stray_rows", .guarded)
    /// Something would notice that rows move out of the default partition.
    public static let partitionDrainRefused = FailureCode("partition.drain_refused", .guarded)
    /// The copy is not what it should be.
    public static let partitionDrainDiffers = FailureCode("partition.drain_differs", .refused)
    /// The default partition is too large to be read under the lock of ATTACH.
    public static let partitionLargeDefault = FailureCode("partition.large_default", .guarded)
    /// Fewer partitions lie ahead than are wanted, or writes will fail.
    public static let partitionShort = FailureCode("partition.short", .negative)
    /// The role may not see what a check needs.
    public static let partitionUnreadable = FailureCode("partition.unreadable", .authentication)
    /// Some partitions, or the sets of some tables, are there.
    public static let partitionPartial = FailureCode("partition.partial", .partial)

    /// Something else has the name that a partition should get.
    public static let partitionNameTaken = FailureCode("partition.name_taken", .guarded)
    /// The lock of ATTACH was not to be had.
    public static let partitionLocked = FailureCode("partition.locked", .busy)
    /// An unattached partition of ours holds rows.
    public static let partitionLeftover = FailureCode("partition.leftover", .guarded)
}
