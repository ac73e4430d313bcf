import Synchronization

/// Something that has happened, seen by other tasks.
public final class Flag: Sendable {
    private let state = Atomic<Bool>(false)

    public init() {}

    public func set() { state.store(true, ordering: .releasing) }

    public var isSet: Bool { state.load(ordering: .acquiring) }
}
