import Operations
import Postgres

/// Reads where the sequences stand. They are no part of any snapshot: read after it, they may run ahead of the tables,
/// never behind, so no value is handed out twice after a restore.
enum SequenceValues {
    static func read(_ session: Session, _ sequences: [DatabaseFacts.Relation]) throws -> [ArchivePlan.SequenceValue] {
        var values: [ArchivePlan.SequenceValue] = []
        for batch in sequences.batches(of: 50) {
            let selects: [SQLFragment] = try batch.enumerated().map { index, sequence in
                "SELECT \(index) AS number, last_value, is_called FROM \(try sequence.identifier)"
            }
            let query: Query = "\(selects.joined(separator: " UNION ALL "))"
            let rows: Rows
            do {
                rows = try session.rows(query)
            } catch let error {
                let names = batch.map(\.displayName).joined(separator: ", ")
                throw Failure(error, while: "cannot read the sequences \(names)")
            }
            for row in rows {
                let number: Int = try row.value("number")
                values.append(
                    ArchivePlan.SequenceValue(
                        sequence: batch[number], last: try row.value("last_value"), isCalled: try row.value("is_called")
                    ))
            }
        }
        return values
    }
}
