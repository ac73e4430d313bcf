/// A recommendation, with everything that it was calculated from.
public struct PoolSize: Sendable, Hashable {
    /// What stands in the way of a good size.
    public enum Obstacle: String, Encodable, Sendable, Hashable {
        /// The server's slots do not suffice for one connection of each instance.
        case noRoom = "no_room"
        /// The deadlock floor is higher than what the slots allow: the workers of an instance can block each other.
        case deadlock
        /// The same behind one pool that all instances share.
        case sharedDeadlock = "shared_deadlock"
        /// The deadlock floor is higher than what is good for speed, and decides.
        case floorDecides = "floor_decides"
        /// Neither the hardware nor the load is known: the size is the most that the server can admit.
        case onlyLimits = "only_limits"
    }

    /// Connections that an instance keeps. Never below 1.
    public let poolSize: Int
    /// Connections beyond, for moments: as much again, as far as the slots allow it.
    public let maxOverflow: Int
    /// Of one pgbouncer in front of all instances.
    public let defaultPoolSize: Int
    /// The smallest of the terms, before the deadlock floor.
    public let minimum: Int
    /// The name of the term that is the smallest, or `deadlock_floor`.
    public let decidedBy: String
    public let deadlockFloor: Int?
    public let terms: [SizingTerm]
    public let obstacles: [Obstacle]

    /// False when no size can be recommended with a good conscience.
    public var isPossible: Bool { !obstacles.contains(.noRoom) && !obstacles.contains(.deadlock) }
}
