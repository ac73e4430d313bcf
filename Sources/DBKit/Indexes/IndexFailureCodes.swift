public import Operations

/// The ways in which work on indexes fails, beyond what the server has to say.
extension FailureCode {
    // What was asked for.
    public static let indexTableNotFound = FailureCode("index.table_not_found", .notFound)
    public static let indexNotFound = FailureCode("index.not_found", .notFound)
    public static let indexNotATable = FailureCode("index.not_a_table", .guarded)
    public static let indexColumn = FailureCode("index.column", .notFound)
    /// The server does not take the definition: an operator class, an expression that is not immutable.
    public static let indexDefinition = FailureCode("index.definition", .refused)
    public static let indexVersion = FailureCode("index.version", .configuration)
    public static let indexNameTaken = FailureCode("index.name_taken", .cannotCreate)
    public static let indexNotOwner = FailureCode("index.not_owner", .authentication)
    public static let indexDirectURL = FailureCode("index.direct_url", .configuration)

    // What a guard refuses.
    public static let indexCovered = FailureCode("index.covered", .guarded)
    public static let indexForeignPartition = FailureCode("index.foreign_partition", .guarded)
    public static let indexConstraint = FailureCode("index.constraint", .guarded)
    public static let indexPartitionChild = FailureCode("index.partition_child", .guarded)
    public static let indexDuplicates = FailureCode("index.duplicates", .data)
    public static let indexNoSpace = FailureCode("index.no_space", .cannotCreate)

    // What becomes of a build.
    /// Somebody else builds on the table at this moment.
    public static let indexBeingBuilt = FailureCode("index.being_built", .busy)
    /// Others' transactions were waited for as long as --max-wait allows; nothing is left.
    public static let indexMaxWait = FailureCode("index.max_wait", .busy)
    public static let indexLocked = FailureCode("index.locked", .busy)
    /// An INVALID index is left that could not be dropped.
    public static let indexLeftover = FailureCode("index.leftover", .partial)
    /// Some partitions have theirs.
    public static let indexPartial = FailureCode("index.partial", .partial)
}
