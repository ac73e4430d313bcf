/// The file that `up` keeps the schema in, for those who have one.
public struct SchemaFile: Sendable {
    public var isMissing: @Sendable () -> Bool
    /// Returns its path.
    public var write: @Sendable () async throws -> String

    public init(isMissing: @escaping @Sendable () -> Bool, write: @escaping @Sendable () async throws -> String) {
        self.isMissing = isMissing
        self.write = write
    }
}
