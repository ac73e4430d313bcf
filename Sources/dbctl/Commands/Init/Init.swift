import ArgumentParser
import DBKit
import Foundation

/// `dbctl init`: a commented dbctl.yaml to begin with.
struct Init: Verb {
    static let schema = "dbctl.init/1"
    static let usesConfiguration = false
    static let usesServer = false
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a commented dbctl.yaml; an existing one is left alone.",
        discussion: """
            Example: dbctl init --config /etc/dbctl/dbctl.yaml
            Exit codes: 0 written, 64 bad command line, 73 the file exists or cannot be created, 130 SIGINT, 143 \
            SIGTERM.
            """
    )

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(_ context: Context) throws -> WrittenConfiguration {
        let file = global.config ?? "dbctl.yaml"
        guard !FileManager.default.fileExists(atPath: file) else { throw Self.exists(file) }
        if global.dryRun { return WrittenConfiguration(file: file, isDryRun: true) }
        do {
            // The file will name servers, perhaps with passwords: it is the owner's alone from its first byte.
            try NewFile.write(SampleConfiguration.text, to: file, mode: 0o600)
        } catch let error as POSIXError where error.code == .EEXIST {
            throw Self.exists(file)
        } catch {
            throw Failure(
                .fileNotCreated,
                "\(file) cannot be created: \(error.localizedDescription)",
                hint: "check that the folder exists and is yours"
            )
        }
        return WrittenConfiguration(file: file, isDryRun: false)
    }

    private static func exists(_ file: String) -> Failure {
        Failure(
            .fileExists,
            "\(file) exists already; it was left alone",
            hint: "dbctl config check --config \(file), or choose another name with --config"
        )
    }
}

/// The result of `dbctl init`.
struct WrittenConfiguration: CommandResult {
    let file: String
    let isDryRun: Bool

    enum CodingKeys: String, CodingKey {
        case file
        case isDryRun = "dry_run"
    }

    func human(_ style: Style) -> String {
        isDryRun
            ? "Would write \(file):\n\n\(SampleConfiguration.text)"
            : "Wrote \(file). Next: put your servers under targets:, then dbctl config check"
    }
}
