import ArgumentParser
import DBKit

extension PartitionRetainCommand {
    /// The declared sets, and the options over them.
    func retain(_ context: Context) async throws -> PartitionRetain {
        var request = try PartitionRequest(context)
        request.wait = global.wait ?? .zero
        let declared = try table == nil ? context.declaredPartitions() : context.configuration.partitions()
        var retain = PartitionRetain(request, sets: declared.map(PartitionExpiry.init))
        retain.table = table
        retain.keep = keep
        retain.action = onExpire
        retain.maximumWait = maxWait ?? retain.maximumWait
        retain.archiving = try await archiving(context)
        return retain
    }

    /// Nil without a repository: a set that is to be archived then says so.
    private func archiving(_ context: Context) async throws -> PartitionArchive? {
        guard let repository = try place.repositoryIfConfigured(context) else { return nil }
        var request = try BackupRequest(
            context, repository: LocalRepository(repository.url(PartitionArchive.folder)))
        // Retention deletes none of these, so that those of a server that was made anew may lie beside them.
        request.acceptsOtherServer = true
        request.jobs = try context.setting(.backupJobs, flag: jobs) ?? request.jobs
        request.compression = try context.setting(.backupCompress, flag: nil) ?? request.compression
        request.wait = global.wait ?? .zero
        let ground: SetDrill.Ground =
            if let into { .scratch(request.server, database: into) } else {
                .throwaway(try await context.installedServers(), root: context.sandboxRoot)
            }
        return PartitionArchive(request, ground: ground)
    }
}

extension PartitionDeclaration.Expiry {
    init(spelled text: String) throws {
        guard let action = Self(rawValue: text) else {
            throw ValidationError("\(text) is none of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = action
    }
}

extension PartitionDeclaration.Keep {
    /// As keep: of dbctl.yaml has it.
    init(spelled text: String) throws {
        if let rows = Int64(text), rows > 0 {
            self = .rows(rows)
        } else {
            self = .calendar(try CalendarStep(spelled: text))
        }
    }
}
