public import Foundation

/// A transaction that was prepared and neither committed nor rolled back: it keeps its locks, and nobody's session ends
/// it.
public struct PreparedTransaction: Codable, Sendable, Hashable {
    public var gid: String
    public var transactionId: String
    public var xidAge: Int
    public var prepared: Date
    public var owner: String
    public var database: String

    public init(gid: String, transactionId: String, xidAge: Int, prepared: Date, owner: String, database: String) {
        self.gid = gid
        self.transactionId = transactionId
        self.xidAge = xidAge
        self.prepared = prepared
        self.owner = owner
        self.database = database
    }
}

public struct ReplicationSlot: Codable, Sendable, Hashable {
    public var name: String
    /// `physical` or `logical`
    public var kind: String
    public var database: String?
    public var isActive: Bool
    public var pid: Int32?
    public var xminAge: Int?
    public var catalogXminAge: Int?
    public var walStatus: String?
    /// Version 17 and later.
    public var inactiveSince: Date?
    public var retainedBytes: Int64?

    /// Of the two the older one.
    public var horizonAge: Int? { [xminAge, catalogXminAge].compactMap { $0 }.max() }

    public init(
        name: String, kind: String = "logical", isActive: Bool = false, xminAge: Int? = nil, catalogXminAge: Int? = nil
    ) {
        self.name = name
        self.kind = kind
        self.isActive = isActive
        self.xminAge = xminAge
        self.catalogXminAge = catalogXminAge
    }
}

/// Somebody who receives the write-ahead log, with what it asks to be kept for its own queries.
public struct Standby: Codable, Sendable, Hashable {
    public var pid: Int32
    public var applicationName: String?
    public var clientAddress: String?
    public var state: String?
    /// By `hot_standby_feedback`; a standby with a slot leaves it there instead.
    public var xminAge: Int?

    public init(pid: Int32, applicationName: String?, xminAge: Int? = nil) {
        self.pid = pid
        self.applicationName = applicationName
        self.xminAge = xminAge
    }
}
