/// First come, first served, and anybody may leave from the middle.
///
/// Joining, leaving and being served take constant time, so that thousands may wait.
struct WaiterQueue<Element: Sendable>: Sendable {
    typealias Ticket = UInt64

    private var elements: [Ticket: Element] = [:]
    // In the order of joining, with the tickets of those who left still in it.
    private var order: [Ticket] = []
    private var head = 0
    private var lastTicket: Ticket = 0

    var count: Int { elements.count }
    var isEmpty: Bool { elements.isEmpty }

    mutating func join(_ element: Element) -> Ticket {
        lastTicket += 1
        elements[lastTicket] = element
        order.append(lastTicket)
        return lastTicket
    }

    /// Nil when the ticket was served, or left, before.
    mutating func leave(_ ticket: Ticket) -> Element? {
        let element = elements.removeValue(forKey: ticket)
        forgetOld()
        return element
    }

    mutating func next() -> Element? {
        while head < order.count {
            let ticket = order[head]
            head += 1
            guard let element = elements.removeValue(forKey: ticket) else { continue }
            forgetOld()
            return element
        }
        return nil
    }

    /// Those for whom `isDue` says so leave together, in order.
    mutating func leave(where isDue: (Element) -> Bool) -> [Element] {
        let due = elements.filter { isDue($0.value) }.sorted { $0.key < $1.key }
        for (ticket, _) in due { elements[ticket] = nil }
        forgetOld()
        return due.map(\.value)
    }

    func minimum<T: Comparable>(of value: (Element) -> T) -> T? {
        elements.values.lazy.map(value).min()
    }

    /// Drops the tickets of those who are gone, once they are most of the list.
    private mutating func forgetOld() {
        guard order.count > 256, order.count > 2 * elements.count else { return }
        order = order[head...].filter { elements[$0] != nil }
        head = 0
    }
}
