import DBKit

extension BackupRequest {
    /// What every backup takes from the run and its configuration; the rest has defaults.
    init(_ context: Context, repository: any Repository) throws {
        self.init(
            server: try context.connectionParameters(direct: true), repository: repository,
            tools: ClientTools.Search(
                configured: try context.setting(.backupPgBin, flag: nil), path: context.environment["PATH"] ?? "",
                environment: context.environment),
            run: context.runID, dbctlVersion: Version.number, applicationName: context.applicationName)
        clock = context.clock
        acceptsOtherServer = context.options.yes
        progress = context.progress
    }
}
