import Backup
import Foundation
import Operations
import Partitions
import Postgres
import Storage

/// The demo's partitioned table, `user_attempts` by month: what is to come, and what is past keeping.
struct DemoPartitions: Sendable {
    let server: ConnectionParameters
    let run: OperationLog.Run
    let applicationName: String
    let now: Date
    /// Into whose repository archives go.
    let backup: BackupRequest

    private static let table = "public.user_attempts"
    /// Where an archive is restored to be compared.
    private static let scratch = "demo_archive"

    /// So many months that of those that the migrations have made only the first, January 2024, is past keeping.
    private var keep: CalendarStep {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let today = calendar.dateComponents([.year, .month], from: now)
        return CalendarStep(max(1, ((today.year ?? 0) - 2024) * 12 + (today.month ?? 0) - 2), .month)
    }

    /// As it is typed.
    var retainCommand: String {
        "dbctl partition retain --table user_attempts --keep '\(keep)' --on-expire archive --into \(Self.scratch) --yes"
    }

    func ensure() async throws -> PartitionEnsureReport {
        let report = try await PartitionEnsure(request("ensure"), declared: [declaration]).run()
        if let failure = report.failure { throw failure }
        return report
    }

    func archiveOldest() async throws -> PartitionRetainReport {
        var backup = backup
        backup.repository = LocalRepository("\(backup.repository.location)/\(PartitionArchive.folder)")
        var retain = PartitionRetain(request("retain"), sets: [PartitionExpiry(declaration)])
        retain.archiving = PartitionArchive(backup, ground: .scratch(server, database: Self.scratch))
        let report = try await retain.run()
        if let failure = report.failure { throw failure }
        return report
    }

    private var declaration: PartitionDeclaration {
        var declaration = PartitionDeclaration(
            table: Self.table, key: "attempted_at", step: .calendar(CalendarStep(1, .month)))
        declaration.keep = .calendar(keep)
        declaration.onExpire = .archive
        return declaration
    }

    private func request(_ verb: String) -> PartitionRequest {
        var run = run
        (run.id, run.command, run.arguments) = (RunID.make(), "partition \(verb)", [])
        return PartitionRequest(server: server, run: run, applicationName: applicationName)
    }
}
