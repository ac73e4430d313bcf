import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// Backups whose server goes away under their hands.
@Suite("Backup, its server gone") struct BackupServerTests {
    @Test(
        "a server that restarts in mid-backup is 69, nothing is published or left, and the next run succeeds",
        arguments: [Sandbox.Shutdown.fast, .immediate], ["pg_dump", "rows"])
    func restarted(_ mode: Sandbox.Shutdown, _ stage: String) async throws {
        try await TestServer.withSandbox { server in
            let database = TestDatabase(name: "postgres", server: server)
            try await BackupFaultFixture.fill(database, rows: 200_000)
            try await withTemporaryFolder { folder in
                let backup = BackupFaultFixture(database: database, folder: folder)
                #expect(try await Dbctl.run(backup.arguments()).exitCode == 0)
                let isDumping = stage == "pg_dump"
                let spy = try await backup.spy(
                    "\(isDumping ? "echo $$ > \(folder)/reached; sleep 1;" : "") exec REAL \"$@\"")
                var outcome: DbctlOutcome?
                while outcome == nil {
                    let made = try backup.sets().count
                    var struck = true
                    let run = try await Dbctl.withRunning(backup.arguments("--format", "json") + spy) { running in
                        if isDumping {
                            _ = try await backup.spied("reached")
                            return try await server.restartServer(mode)
                        }
                        // On a busy machine the run may be over before anybody looked: then the next one is struck.
                        try await eventually("the first rows are on the disk") {
                            struck = try backup.sets().count == made
                            return backup.hasRows || !struck
                        }
                        guard struck else { return }
                        // Held until the server is back: the rest of the rows does not fit into any socket.
                        try running.signal(SIGSTOP)
                        defer { try? running.signal(SIGCONT) }
                        try await server.restartServer(mode)
                    }
                    struck = try struck && backup.sets().count == made
                    outcome = struck ? run : nil
                }
                let struckRun = try #require(outcome)
                #expect(struckRun.exitCode == 69, "\(struckRun)")
                #expect(backup.unfinished == [])
                let again = try await Dbctl.run(backup.arguments())
                #expect(again.exitCode == 0, "\(again)")
                try await backup.expectWhole(try backup.sets(), "after the restart")
            }
        }
    }
}

extension BackupFaultFixture {
    /// The run that is under way has written rows of a table.
    fileprivate var hasRows: Bool {
        let place = "\(folder)/repo/\(database.name)"
        let building = (try? Folder.items(place))?.map(\.name).first { $0.hasPrefix(".building") }
        let files = building.flatMap { try? Folder.items("\(place)/\($0)") } ?? []
        return files.contains { file in
            file.name.contains(".dat") && !file.isFolder
                && (building.flatMap { Folder.size("\(place)/\($0)/\(file.name)") } ?? 0) > 0
        }
    }
}
