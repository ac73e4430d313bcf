import ArgumentParser
import DBKit
import Foundation

/// The file that the schema is kept in.
struct SchemaFileOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The file (default: migrate.dump of dbctl.yaml, else schema.sql); {target} in it is the target's name.",
            valueName: "file"), completion: .file())
    var file: String?

    /// - Parameter isShared: Several targets may be compared with one file; they cannot all write it.
    func path(_ context: Context, isShared: Bool = false) throws(Failure) -> String {
        try context.schemaFile(context.setting(.migrateDump, flag: file) ?? "schema.sql", isShared: isShared)
    }
}

extension Context {
    private static let targetInPath = "{target}"

    /// The schema file of this run's target.
    ///
    /// - Parameters:
    ///   - pattern: As it is configured, `{target}` in it for the target's name, or `default` without a target.
    ///   - isShared: Several targets may share the file.
    /// - Throws: `usage` where several targets would write the same file, or a name would lead to another folder.
    func schemaFile(_ pattern: String, isShared: Bool = false) throws(Failure) -> String {
        guard pattern.contains(Self.targetInPath) else {
            let count = options.allTargets ? configuration.targets.names.count : Set(options.target).count
            guard count > 1, !isShared else { return pattern }
            throw Failure(
                .usage, "\(pattern) is one file for \(count) targets, and each has a schema of its own",
                hint: "put {target} into the name, as in schema-{target}.sql")
        }
        guard !target.contains("/"), target != ".." else {
            throw Failure(
                .usage, "the target's name \(target) cannot be part of the file \(pattern)",
                hint: "give the target a name without /, or name its file with --file")
        }
        return pattern.replacing(Self.targetInPath, with: target)
    }

    /// - Throws: `backup.tool_missing`, `backup.tool_failed`.
    func schemaDumping() throws -> SchemaDumping {
        SchemaDumping(
            server: try connectionParameters(direct: true),
            tools: ClientTools.Search(
                configured: try setting(.backupPgBin, flag: nil), path: environment["PATH"] ?? "",
                environment: environment),
            applicationName: applicationName, lockTimeout: try lockTimeout())
    }
}

/// `dbctl migrate dump`
struct MigrateDumpCommand: Verb {
    static let schema = "dbctl.migrate.dump/1"
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Write the schema of the database into a file that diffs well.",
        discussion: """
            Example: dbctl migrate dump --file schema.sql
            Without owners, privileges, versions and settings of the session; without the schema dbctl. With migrate.dump \
            in dbctl.yaml every up that changes something writes it by itself, and one that finds the file missing, or \
            not written by the run before. With several targets the name needs {target} in it \
            (schema-{target}.sql). dbctl migrate check compares it with the database.
            Exit codes: 0 written, or it was right already; 64 bad command line, 69 unreachable, 73 the file cannot be \
            written, 75 a table is locked, 76 pg_dump failed, 77 not allowed, 78 configuration, no pg_dump for this server, \
            or a pooler where a direct_url is needed; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: SchemaFileOptions

    func run(_ context: Context) async throws -> SchemaDumpResult {
        let file = try place.path(context)
        // Said before pg_dump has run for minutes.
        try SchemaDumpResult.checkPlace(file)
        let text = try await context.schemaDumping().read()
        return try SchemaDumpResult.write(text, to: file, dryRun: global.dryRun)
    }
}

/// The result of `dbctl migrate dump`.
struct SchemaDumpResult: CommandResult {
    let dryRun: Bool
    let file: String
    let changed: Bool

    /// - Throws: `file.not_created` where something else than a file has the name, which no file may replace.
    static func checkPlace(_ file: String) throws(Failure) {
        guard !Folder.isFolder(file) else {
            throw Failure(
                .fileNotCreated, "\(file) is a folder, and the schema goes into a file",
                hint: "name the file itself, as in \(file)/schema.sql")
        }
        do throws(Failure) {
            _ = try Folder.destination(file)
        } catch {
            throw notWritten(file, error)
        }
    }

    static func write(_ schema: SchemaText, to file: String, dryRun: Bool) throws(Failure) -> SchemaDumpResult {
        // Also because a pipe, read for comparison, would wait for a writer for ever.
        try checkPlace(file)
        let old = try? String(contentsOfFile: file, encoding: .utf8)
        guard old != schema.text else { return SchemaDumpResult(dryRun: dryRun, file: file, changed: false) }
        if !dryRun {
            do throws(Failure) {
                try Folder.replaceFile(file, with: Array(schema.text.utf8), mode: 0o644)
            } catch {
                throw notWritten(file, error)
            }
        }
        return SchemaDumpResult(dryRun: dryRun, file: file, changed: true)
    }

    private static func notWritten(_ file: String, _ failure: Failure) -> Failure {
        Failure(
            .fileNotCreated, "\(file) cannot be written: \(failure.message)",
            hint: failure.code == .cannotCreate ? failure.hint : "check that the folder exists and is yours")
    }

    func human(_ style: Style) -> String {
        guard changed else { return "\(style.good("UNCHANGED")): \(file) is the schema of the database" }
        return dryRun ? "\(style.bold("DRY RUN")): \(file) would be written" : "\(style.good("WRITTEN")): \(file)"
    }
}

/// `dbctl migrate check`
struct MigrateCheckCommand: Verb {
    static let schema = "dbctl.migrate.check/1"
    static let printsWhenQuiet = true
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Whether the database still has the schema that the file says (drift).",
        discussion: """
            Example: dbctl migrate check --file schema.sql
            The file is what dbctl migrate dump wrote. Lines with - stand in the file only, lines with + in the \
            database only. Several targets are compared with one file, or with one each ({target} in its name).
            Exit codes: 0 the same, 1 they differ, 64 bad command line, 66 no such file, 69 unreachable, 75 a table is \
            locked, 76 pg_dump failed, 77 not allowed, 78 configuration, no pg_dump for this server, or a pooler where a \
            direct_url is needed; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: SchemaFileOptions

    func run(_ context: Context) async throws -> SchemaCheckResult {
        let file = try place.path(context, isShared: true)
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw Failure(
                .schemaFileNotFound, "there is no file \(file) to compare with", hint: "dbctl migrate dump writes it")
        }
        let live = try await context.schemaDumping().read()
        return SchemaCheckResult(file: file, difference: SchemaText(file: text).difference(to: live))
    }
}

/// The result of `dbctl migrate check`.
struct SchemaCheckResult: CommandResult {
    let file: String
    /// Lines as `diff -u` writes them.
    let difference: [String]

    var exitStatus: ExitStatus { difference.isEmpty ? .done : .negative }

    var failure: Failure? {
        guard !difference.isEmpty else { return nil }
        return Failure(
            .schemaDrift, "the database has another schema than \(file)",
            hint: "a change that is wanted becomes a migration, then dbctl migrate dump writes the file anew")
    }

    enum CodingKeys: String, CodingKey {
        case file, difference, drift
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(file, forKey: .file)
        try container.encode(!difference.isEmpty, forKey: .drift)
        try container.encode(difference, forKey: .difference)
    }

    func human(_ style: Style) -> String {
        guard !difference.isEmpty else { return "\(style.good("THE SAME")): the database has the schema of \(file)" }
        let lines = difference.map { line in
            switch line.first {
            case "+": style.good(line)
            case "-": style.bad(line)
            default: line
            }
        }
        return (["\(style.bad("DRIFT")): the database differs from \(file)", ""] + lines).joined(separator: "\n")
    }
}

extension FailureCode {
    static let schemaDrift = FailureCode("migrate.drift", .negative)
    static let schemaFileNotFound = FailureCode("migrate.schema_file_not_found", .notFound)
}
