// A primary, and a standby that follows it.

public import Sandbox

extension TestServer {
    /// - Parameter settings: Of the standby.
    public static func withPair(
        standby settings: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
        _ body: (_ primary: Sandbox, _ standby: Sandbox) async throws -> Void
    ) async throws {
        try await TestServer.withSandbox { primary in
            try await TestServer.withSandbox { standby in
                try await withTemporaryFolder { folder in
                    try await standby.stopServer()
                    let script = """
                        set -e
                        "$1" -D "$2/base" -X stream -c fast -h 127.0.0.1 -p "$3" -U postgres
                        cp -p "$4"/postgresql.conf "$4"/pg_hba.conf "$2/base"
                        find "$4" -mindepth 1 -delete
                        cp -r "$2/base/." "$4"
                        chown -R --reference="$4" "$4"
                        """
                    let copied = try await Program.run(
                        "/bin/sh",
                        [
                            "-c", script, "sh", primary.binaries.program("pg_basebackup"), folder, "\(primary.port)",
                            standby.dataFolder,
                        ])
                    guard copied.exitCode == 0 else { throw TestSupportError(copied.stderr) }
                    try await standby.write([], to: "standby.signal")
                    try await standby.append(
                        settings: [
                            "primary_conninfo": "host=127.0.0.1 port=\(primary.port) user=postgres",
                            "hot_standby": "on",
                        ].merging(settings) { $1 })
                    try await standby.startServer()
                    try await body(primary, standby)
                }
            }
        }
    }
}
