public import Operations

/// How `dbctl partition retain` fails.
extension FailureCode {
    /// The set says nothing of how much is kept.
    public static let partitionNoKeep = FailureCode("partition.no_keep", .configuration)
    public static let partitionNoArchive = FailureCode("partition.no_archive", .configuration)

    // What a guard refuses, before anything is done.
    /// A conversion of the table is neither finished nor undone.
    public static let partitionConverting = FailureCode("partition.converting", .guarded)
    public static let partitionReferenced = FailureCode("partition.referenced", .guarded)
    public static let partitionDependents = FailureCode("partition.dependents", .guarded)
    public static let partitionForeign = FailureCode("partition.foreign", .guarded)
    /// A partition of a partition lacks an identity, which makes the server's DETACH fail half way.
    public static let partitionIdentity = FailureCode("partition.identity", .guarded)

    // What is done in part.
    /// An interrupted DETACH that could not be finished yet.
    public static let partitionDetachPending = FailureCode("partition.detach_pending", .partial)
    /// Detached, and not yet archived or dropped.
    public static let partitionDetached = FailureCode("partition.detached", .partial)
    /// Rows were written after they were archived.
    public static let partitionArchiveStale = FailureCode("partition.archive_stale", .partial)
}
