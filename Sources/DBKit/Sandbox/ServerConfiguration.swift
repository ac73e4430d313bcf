// The text of postgresql.conf and pg_hba.conf, as pure functions.

/// The configuration files of a sandbox.
struct ServerConfiguration {
    var port: Int
    var socketFolder: String
    var clusterName: String
    var settings: [String: String]
    var hba: [String]
    var authentication: SandboxOptions.Authentication

    /// Set by the sandbox alone: with another value it could not find or stop its own server.
    static let reserved: Set<String> = [
        "port", "unix_socket_directories", "data_directory", "hba_file", "external_pid_file", "cluster_name",
    ]

    /// Lost with the machine, and that is the point of a throwaway: nothing waits for a disk.
    private static let defaults: [String: String] = [
        "listen_addresses": "127.0.0.1",
        "fsync": "off",
        "full_page_writes": "off",
        "dynamic_shared_memory_type": "mmap",  // inside the folder, so that a killed server leaves nothing in /dev/shm
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] %q%u@%d %a ",
    ]

    /// The lines that go after initdb's postgresql.conf (of two settings of one name, the later counts).
    var postgresql: String {
        var all = Self.defaults.merging(settings) { _, wanted in wanted }
        all["port"] = String(port)
        all["unix_socket_directories"] = socketFolder
        all["cluster_name"] = clusterName
        let lines = all.sorted { $0.key < $1.key }.map { "\($0.key) = \(Self.quoted($0.value))" }
        return lines.joined(separator: "\n") + "\n"
    }

    var clientAuthentication: String {
        let method = authentication == .trust ? "trust" : "scram-sha-256"
        let own = ["all", "replication"].flatMap { database in
            [
                "local \(database) all \(method)",
                "host \(database) all 127.0.0.1/32 \(method)",
                "host \(database) all ::1/128 \(method)",
            ]
        }
        return (hba + own).joined(separator: "\n") + "\n"
    }

    /// A value as guc-file.l reads it: quotes doubled, backslashes too.
    static func quoted(_ value: String) -> String {
        var text = "'"
        // Scalar by scalar: a quote with a combining mark behind it is still a quote to the server.
        for character in value.unicodeScalars {
            if character == "'" || character == "\\" { text.unicodeScalars.append(character) }
            text.unicodeScalars.append(character)
        }
        return text + "'"
    }
}
