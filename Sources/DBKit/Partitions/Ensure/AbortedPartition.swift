import Operations
import Postgres

/// What a partition that could not be attached leaves goes at once if that is quickly done: a CHECK on the default
/// partition refuses rows, and the trigger of a drain costs every write. Otherwise the next run removes it.
struct AbortedPartition: Sendable {
    let request: PartitionRequest
    let table: PartitionedTable
    let check: RangeCheck

    private static let hurry = Duration.milliseconds(1000)

    /// In a task of its own, because the caller's may be cancelled.
    ///
    /// - Returns: What is left, as far as it costs writes.
    func clean() async -> [Leftover] {
        var hurried = request
        hurried.wait = Self.hurry
        let (request, table, check) = (hurried, table, check)
        return await Task.detached {
            do {
                return try await Connection.with(request.server, settings: request.settings, timeout: Self.hurry) {
                    connection in
                    let mark = try check.mark(of: table)
                    func left() async throws -> [Leftover] {
                        try await connection.run { session in
                            try Leftover.find(of: table, in: session).filter { $0.mark == mark }
                        }
                    }
                    do { try await Leftover.drop(try await left(), request, connection, of: table) } catch {
                        return try await left().filter { $0.kind != .table }
                    }
                    return []
                }
            } catch {
                request.onEvent(.note("something of a partition of \(table.label) is left; the next run removes it"))
                return []
            }
        }.value
    }
}
