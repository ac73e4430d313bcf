import DBKit
import Foundation
import TestSupport
import Testing

/// A machine on which cron/ is installed as cron/README.md says, with the scene's server to work on.
struct CronMachine: Sendable {
    let machine: PrivateMachine
    let scene: CronScene

    /// Why a test on one is skipped.
    static let needs: Comment = "needs root and the right to mount and to make cgroups (in a container: --privileged)"

    /// - Parameters:
    ///   - crontabs: what goes into /etc/cron.d, by name.
    ///   - start: the first process.
    static func with<T: Sendable>(
        crontabs: [String: String] = [:], start: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (CronMachine) async throws -> T
    ) async throws -> T {
        try await CronScene.with { scene in
            let text = try CronScene.configuration(url: scene.database.url, repository: "/var/backups/dbctl")
            try scene.write(text, to: "dbctl.yaml")
            for (name, text) in crontabs { try scene.write(text, to: "crontab-\(name)") }
            return try await PrivateMachine.with(
                dbctl: DbctlBinary.path, folder: scene.folder, setup: setup, start: start
            ) { machine in
                try await body(CronMachine(machine: machine, scene: scene))
            }
        }
    }

    @discardableResult func run(_ command: String) async throws -> String {
        let outcome = try await machine.run(command)
        guard outcome.exitCode == 0 else {
            throw TestSupportError("\(command): exit \(outcome.exitCode)\n\(outcome.stdout)\(outcome.stderr)")
        }
        return outcome.stdout.trimmingCharacters(in: .newlines)
    }

    /// The mails so far.
    func mails() async throws -> [String] {
        try await run(
            "cd /var/mail-caught && for mail in *.mail; do [ ! -e $mail ] || { cat $mail; printf '\\f'; }; done"
        )
        .split(separator: "\u{c}").map(String.init)
    }

    /// As a person would, with a sendmail that keeps what it is given.
    private static let setup = """
        cron=\(ScheduledJob.folder)
        install -m 644 $cron/systemd/dbctl.sysusers /usr/lib/sysusers.d/dbctl.conf
        install -m 644 $cron/systemd/dbctl.tmpfiles /usr/lib/tmpfiles.d/dbctl.conf
        install -D -t /usr/lib/dbctl $cron/systemd/dbctl-failure
        install -m 644 -t /etc/systemd/system $cron/systemd/*.service $cron/systemd/*.timer
        install -D -m 600 -t /etc/dbctl dbctl.yaml dbctl.env
        systemd-sysusers dbctl.conf
        systemd-tmpfiles --create dbctl.conf
        install -m 644 -t /var/spool/feeds feeds/*
        for file in crontab-*; do [ ! -e $file ] || install -m 644 $file /etc/cron.d/${file#crontab-}; done
        install -d -m 1777 /var/mail-caught
        cat >/usr/sbin/sendmail <<'END'
        #!/bin/sh
        umask 022
        mail=$(mktemp /var/mail-caught/XXXXXX)
        cat >$mail
        mv $mail $mail.mail
        END
        chmod 755 /usr/sbin/sendmail
        # What is in the journal belongs to the group that may read it, as it does after a real start.
        install -d -m 2755 -g systemd-journal /run/log/journal
        printf '[Unit]\\nWants=systemd-journald.service\\n' >/etc/systemd/system/test.target
        """
}
