// A machine of the test's own around the real programs of this one: its /etc, /usr, /var, /run, /tmp, /dev and processes are
// nobody else's, and go with it.

import Foundation
import Glibc
import Subprocess
import SystemPackage

/// What cron and systemd need to run as they do on a server: root, the account dbctl, files in their places, somebody to take
/// their mail. Made of namespaces and overlays, so that nothing of it is seen outside.
public struct PrivateMachine: Sendable {
    /// Its first process, as the outside sees it.
    private let pid: Int32

    /// Whether this account may make one: root, and in a container one that may mount (`docker run --privileged`).
    public static let isPossible: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = [
            "--mount", "--propagation", "private", "--pid", "--fork", "--cgroup", "/bin/sh", "-c",
            """
            set -e
            mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/cgroup
            mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
            mount -t cgroup2 cgroup2 /mnt/cgroup && mkdir /mnt/cgroup/dbctl-test-$$ && rmdir /mnt/cgroup/dbctl-test-$$
            """,
        ]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Starts a machine and ends it, with all that runs on it, after the body.
    ///
    /// - Parameters:
    ///   - dbctl: becomes its /usr/bin/dbctl.
    ///   - setup: a script that runs as root, in `folder`, when the machine is there and nothing runs on it.
    ///   - start: its first process: a program and its arguments.
    public static func with<T: Sendable>(
        dbctl: String, folder: String, setup: String, start: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PrivateMachine) async throws -> T
    ) async throws -> T {
        let log = "\(folder)/machine.log"
        try Data(setup.utf8).write(to: URL(filePath: "\(folder)/setup.sh"))
        let descriptor = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        var value: T?
        _ = try await Subprocess.run(
            .path("/usr/bin/unshare"),
            arguments: [
                "--mount", "--propagation", "private", "/bin/bash", "-c", outside, "machine", folder, dbctl, start,
            ],
            input: .none, output: .fileDescriptor(descriptor, closeAfterSpawningProcess: false),
            error: .fileDescriptor(descriptor, closeAfterSpawningProcess: true)
        ) { execution in
            do {
                try await eventually("the machine is set up: \(text(log))") {
                    guard kill(execution.processIdentifier.value, 0) == 0 else { throw TestSupportError(text(log)) }
                    return FileManager.default.fileExists(atPath: "\(folder)/pid")
                }
                let pid = Int32(text("\(folder)/pid").trimmingCharacters(in: .newlines)) ?? 0
                let machine = PrivateMachine(pid: pid)
                defer { _ = kill(pid, SIGKILL) }
                value = try await body(machine)
            } catch {
                try? execution.send(signal: .terminate)
                throw error
            }
        }
        guard let value else { throw TestSupportError("the machine ended early: \(text(log))") }
        return value
    }

    /// Runs a command on it as root.
    public func run(_ command: String) async throws -> Program.Outcome {
        try await Program.run(
            "/usr/bin/nsenter",
            ["-t", "\(pid)", "--mount", "--pid", "--ipc", "--uts", "--cgroup", "/bin/sh", "-c", command],
            folder: "/")
    }

    private static func text(_ file: String) -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

    /// A group of processes of its own for the machine, removed when its first process is gone.
    private static let outside = """
        set -e
        folder=$1
        mkdir "$folder/scratch"
        mount -t tmpfs tmpfs "$folder/scratch"
        mkdir "$folder/scratch/cgroup"
        mount -t cgroup2 cgroup2 "$folder/scratch/cgroup"
        group=$folder/scratch/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/dbctl-test-$$
        mkdir "$group"
        clean() {
            echo $$ >"$group/../cgroup.procs"
            for _ in 1 2 3 4 5 6 7 8 9 10; do
                find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
                sleep 0.1
            done
        }
        trap clean EXIT
        echo $$ >"$group/cgroup.procs"
        unshare --mount --pid --fork --kill-child --cgroup --uts --ipc /bin/bash -c '\(inside)' machine "$@" &
        trap 'kill $!; wait $!; exit 1' TERM
        wait $!
        """

    private static let inside = """
        set -e
        folder=$1 dbctl=$2 start=$3
        # As the /proc of outside says it.
        read -r pid rest </proc/self/stat
        cd "$folder/scratch"
        for place in etc usr var; do
            mkdir -p $place/upper $place/work
            mount -t overlay overlay -o lowerdir=/$place,upperdir=$place/upper,workdir=$place/work /$place
        done
        mount -t tmpfs tmpfs /run
        mkdir /run/lock
        mkdir dev
        mount -t tmpfs -o mode=755 tmpfs dev
        for node in null zero full random urandom tty; do cp -a /dev/$node dev/; done
        mkdir -m 1777 dev/shm
        ln -s /proc/self/fd dev/fd
        ln -s pts/ptmx dev/ptmx
        mount --move dev /dev
        mount -t proc proc /proc
        umount -l /sys/fs/cgroup || true
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        # Nothing of what this machine runs by itself.
        rm -rf /etc/systemd/system/* /usr/lib/systemd/system/*.target.wants/* /etc/cron.*/* /var/spool/cron/crontabs/*
        rm -f /usr/lib/systemd/system/systemd-journald-audit.socket
        touch /usr/bin/dbctl
        mount --bind "$dbctl" /usr/bin/dbctl
        cd "$folder"
        . ./setup.sh
        cd /
        echo $pid >"$folder/pid.new"
        mv "$folder/pid.new" "$folder/pid"
        for place in /tmp /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs $place; done
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test $start
        """
}
