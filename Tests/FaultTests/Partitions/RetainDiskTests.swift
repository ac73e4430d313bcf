import DBKit
import Foundation
import TestSupport
import Testing

@Suite("partition retain, archive, and no room for it: nothing is detached (T8). The disk is a tmpfs, mounted as root.")
struct RetainDiskTests {
    @Test("a repository that is too small is seen before anything is detached, and by the dry run too")
    func small() async throws {
        try await PartitionFixture.with(PartitionFixture.year) { fixture in
            try await withTemporaryFolder { folder in
                let mounted = try await Program.run("mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", folder])
                #expect(mounted.exitCode == 0, "this test mounts a tmpfs, as root: \(mounted.stderr)")
                try await finally {
                    for consent in ["--dry-run", "--yes"] {
                        let outcome = try await Dbctl.run([
                            "partition", "retain", "--table", "attempts", "--keep", "4 months", "--on-expire",
                            "archive",
                            "--repo", "\(folder)/repo", "--database-url", fixture.database.url, "--no-progress",
                            consent,
                        ])
                        #expect(outcome.exitCode == 73, "\(outcome)")
                        #expect(outcome.stderr.contains("backup.disk_space"), "\(outcome)")
                    }
                    #expect(try await fixture.months().hasSuffix("| "))
                    #expect(try await fixture.comment("attempts_p2025_08") == "august's")
                } cleanUp: {
                    _ = try await Program.run("umount", [folder])
                }
            }
        }
    }
}
