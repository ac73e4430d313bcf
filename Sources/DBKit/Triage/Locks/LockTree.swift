/// Who waits for whom, as trees: built in memory out of edges, never by a query that walks paths (20 waiters behind
/// each other took such a query a second). Safe against circles: a deadlock that the server has not seen yet is a root of
/// several.
public struct LockTree: Sendable, Hashable {
    /// Whoever is in others' way and waits for nobody.
    public struct Root: Sendable, Hashable {
        /// One; in a deadlock all who wait for each other.
        public let holders: [LockHolder]
        /// Who waits for it, directly or behind others, each once.
        public let victims: Set<LockHolder>
        /// How many have to move on, one after the other, before the last victim can.
        public let depth: Int

        public var isDeadlock: Bool { holders.count > 1 }
    }

    /// One line of the tree as it is shown.
    public struct Line: Sendable, Hashable {
        public let holder: LockHolder
        /// 0 is a root.
        public let level: Int
    }

    /// The one with the most victims first.
    public let roots: [Root]
    /// Every waiting session that somebody is in the way of.
    public let waiting: Set<LockHolder>
    private let graph: LockGraph

    public init(_ waits: [LockWait]) {
        let graph = LockGraph(waits)
        self.graph = graph
        roots = graph.rootComponents().map { members in
            let levels = graph.levels(from: members)
            let holders = Set(members)
            return Root(
                holders: members.map { graph.nodes[$0] }.sorted(),
                victims: Set(levels.keys.filter { !holders.contains($0) }.map { graph.nodes[$0] }),
                depth: levels.values.max() ?? 0)
        }.sorted { ($1.victims.count, $0.holders[0]) < ($0.victims.count, $1.holders[0]) }
        waiting = Set(graph.blockers.indices.filter { !graph.blockers[$0].isEmpty }.map { graph.nodes[$0] })
    }

    /// All, each once: below its root, under the one through whom it waits by the shortest way.
    public func outline() -> [Line] {
        var seen: Set<Int> = []
        return roots.flatMap { root in
            graph.outline(from: root.holders.compactMap { graph.index[$0] }, seen: &seen).map {
                Line(holder: graph.nodes[$0.node], level: $0.level)
            }
        }
    }

    /// Who is directly in the way of a session.
    public func blockers(of holder: LockHolder) -> [LockHolder] {
        graph.index[holder].map { graph.blockers[$0].map { graph.nodes[$0] } } ?? []
    }
}
