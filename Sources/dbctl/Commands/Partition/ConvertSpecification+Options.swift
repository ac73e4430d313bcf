import DBKit
import Foundation

extension PartitionConvertCommand {
    /// Options over the table's entry in dbctl.yaml over defaults.
    func specification(_ context: Context) throws -> ConvertSpecification {
        let declared = try context.configuration.partitions().first { $0.table == table }
        guard let by = by ?? declared?.key else { throw missing("--by COLUMN") }
        let step: PartitionStep
        if let rows {
            step = .rows(rows)
        } else if let every {
            step = .calendar(every)
        } else if let declared {
            step = declared.step
        } else {
            throw missing("--every \"1 month\" (or --rows 10000000 for a key of integers)")
        }
        var specification = ConvertSpecification(table: table, key: by, step: step)
        if let declared {
            (specification.zone, specification.ahead, specification.name) = (
                declared.zone, declared.ahead, declared.name
            )
        }
        if let timezone {
            guard let zone = TimeZone(identifier: timezone) else {
                throw Failure(
                    .usage, "--timezone \(timezone): there is no such time zone",
                    hint: "write it as Europe/Berlin, or leave it out for UTC")
            }
            specification.zone = zone
        }
        if let name {
            do {
                specification.name = try PartitionName(name)
            } catch {
                throw Failure(.usage, "--name \(name): \(error)", hint: "--name '{table}_p{yyyy}_{mm}'")
            }
        }
        specification.strategy = strategy ?? specification.strategy
        specification.ahead = ahead ?? specification.ahead
        specification.batch = batch ?? specification.batch
        specification.maximumRate = maxRate
        specification.maximumLag = maxLag ?? specification.maximumLag
        specification.maximumWait = maxWait ?? specification.maximumWait
        specification.maximumStall = maxStall ?? specification.maximumStall
        return specification
    }

    private func missing(_ option: String) -> Failure {
        Failure(
            .usage, "\(table) has no entry under partitions: of dbctl.yaml that says how it is to be cut",
            hint: "dbctl partition convert \(ShellWord.quoted(table)) \(option)")
    }
}
