// Removes a sandbox whose owner died, by kill -9 too. The owner holds a lock on a file in the folder; a detached shell
// waits for that lock. The kernel releases it with the process, so nothing is polled and no pid can be mistaken.

import Foundation
import Glibc
import Operations
import Subprocess
import Synchronization
import SystemPackage

/// The owner's lock on a sandbox folder, held until ``release()`` or the end of the process.
final class OwnerLock: Sendable {
    private let handle: Mutex<FileHandle?>

    /// Locks the folder's `owner.lock`, creating it; nil when a living process holds it.
    init?(folder: String) {
        let path = "\(folder)/owner.lock"
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let file = FileHandle(forUpdatingAtPath: path) else { return nil }
        // A child that inherited the descriptor would keep the lock alive after our death.
        _ = fcntl(file.fileDescriptor, F_SETFD, FD_CLOEXEC)
        guard flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            try? file.close()
            return nil
        }
        handle = Mutex(file)
    }

    func release() {
        handle.withLock { file in
            try? file?.close()
            file = nil
        }
    }

    deinit { release() }
}

enum Watcher {
    /// Ends every server process that works in the data folder `$1` or, as initdb and pg_ctl do, in the folder above
    /// it. It runs as the server's account, which alone may read the `cwd` and `exe` links that prove whose they are.
    /// A server that was stopped by SIGSTOP is woken first; SIGQUIT lets the postmaster free its shared memory, and
    /// what still lives after a second is killed. A pid file that is left then is a dead server's: its memory goes too.
    static let endProcesses = """
        members() {
            find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' \\( -lname "$1" -o -lname "${1%/*}" \\) 2>/dev/null |
            while read -r link; do
                case "$(readlink "${link%/cwd}/exe" 2>/dev/null)" in
                */postgres* | */initdb* | */pg_ctl* | */cp) link=${link%/cwd}; echo "${link#/proc/}" ;;
                esac
            done
        }
        all=$(members "$1")
        [ -z "$all" ] || { kill -CONT $all; kill -QUIT $all; } 2>/dev/null
        turn=0
        while all=$(members "$1"); [ -n "$all" ]; do
            turn=$((turn + 1))
            [ $turn -lt 30 ] || kill -KILL $all 2>/dev/null
            [ $turn -lt 200 ] || exit 1
            sleep 0.03
        done
        segment=$(sed -n '7s/^ *[0-9]* *//p' "$1/postmaster.pid" 2>/dev/null)
        [ -z "$segment" ] || ipcrm -m "$segment" 2>/dev/null
        rm -f "$1/postmaster.pid"
        """

    /// `$1` folder, `$2` the script above, `$3` `$4` the account or empty. The lock file is compared with the one that
    /// was opened, because another sandbox may have taken the name since. A
    /// program that the owner had just started may not be visible yet and still write: hence the turns.
    private static let watch = """
        exec 9<"$1/owner.lock" || exit 0
        flock 9 || exit 0
        [ "$1/owner.lock" -ef "/proc/$$/fd/9" ] || exit 0
        [ ! -e "$1/stays" ] || exit 0
        turn=0
        while [ -e "$1" ] && [ $turn -lt 100 ]; do
            if [ -n "$3" ]; then
                setpriv --reuid "$3" --regid "$4" --clear-groups sh -c "$2" sh "$1/server/data"
            else
                sh -c "$2" sh "$1/server/data"
            fi
            rm -rf "$1" 2>/dev/null || sleep 0.1
            turn=$((turn + 1))
        done
        rmdir "${1%/*}" 2>/dev/null
        """

    /// Starts the shell in a session of its own; it outlives this process.
    static func start(folder: String, user: ServerUser) async throws {
        let account = user.account.map { ["\($0.userID)", "\($0.groupID)"] } ?? ["", ""]
        let caller = ServerTool(user: ServerUser(account: nil), folder: "/")
        // setsid returns as soon as it has forked; from then on the shell is nobody's child.
        let outcome = try await Subprocess.run(
            .path("/usr/bin/setsid"),
            arguments: Arguments(
                ["--fork", "/bin/sh", "-c", watch, "dbctl-sandbox-watcher", folder, endProcesses] + account),
            environment: .custom(["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]),
            workingDirectory: FilePath(caller.folder),
            output: .discarded,
            error: .discarded
        )
        guard outcome.terminationStatus.isSuccess else {
            throw Failure(.sandboxStart, "cannot start the shell that removes the sandbox \(folder) after our death")
        }
    }
}
