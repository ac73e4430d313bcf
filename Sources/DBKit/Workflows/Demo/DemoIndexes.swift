import Indexes
import Operations
import Postgres

/// The indexes that the demo's queries want: one is there already, two are built while everybody works, and the query is
/// measured before and after.
struct DemoIndexes: Sendable {
    let server: ConnectionParameters
    let run: OperationLog.Run
    let applicationName: String

    static let wanted = [
        IndexSpecification(table: "prices", columns: ["asset_id", "date"]),
        IndexSpecification(table: "allocations", columns: ["date"]),
        IndexSpecification(table: "index_values", columns: ["date"]),
    ]

    /// What became of the one that was asked for, in words, and whether it was built.
    func create(_ specification: IndexSpecification) async throws -> (outcome: String, isBuilt: Bool) {
        var run = run
        (run.id, run.command, run.arguments) = (
            RunID.make(), "index create", [specification.table] + specification.columns
        )
        var request = IndexRequest(server: server, run: run, applicationName: applicationName)
        request.searchPath = "public"
        do {
            let made = try await IndexCreate(request, specification).run().indexes[0]
            return made.state == .created
                ? ("indexed \(specification.table) while everybody could go on writing", true)
                : ("\(specification.table) has it: \(made.name ?? "") is equivalent", false)
        } catch let failure as Failure where failure.code == .indexCovered {
            return ("\(specification.table) needs none: \(failure.message)", false)
        } catch { throw error }
    }

    /// The median of some runs of the query that `allocations (date)` is for, in milliseconds.
    func measure() async throws -> Double {
        let settings = SessionSettings(applicationName: applicationName)
        return try await Connection.with(server, settings: settings) { connection in
            try await connection.run { session in
                let query = Query(embedded: PackageResources.demo_day_sql, binds: ["2024-03-01"])
                let times = try (0..<15).map { _ in
                    let begun = ContinuousClock.now
                    _ = try session.row(query)
                    return (ContinuousClock.now - begun) / .milliseconds(1)
                }
                return times.sorted()[times.count / 2]
            }
        }
    }
}

extension IndexSpecification {
    /// As it is typed.
    var command: String { "dbctl index create \(table) \(columns.joined(separator: " "))" }
}
