import DBKit

/// A single value of dbctl.yaml that a verb reads, with its type. Flags win over the environment, environment over
/// the file, file over the built-in default.
struct Setting<Value: Sendable>: Sendable {
    let path: [String]
    let parse: @Sendable (String) throws(SpellingProblem) -> Value

    init(_ path: String, _ parse: @escaping @Sendable (String) throws(SpellingProblem) -> Value) {
        self.path = path.split(separator: ".").map(String.init)
        self.parse = parse
    }

    /// `DBCTL_BACKUP_REPO`, `DBCTL_LOCK_TIMEOUT` (what stands under `defaults` needs no prefix).
    var variable: String {
        Configuration.variableName(for: path)
    }
}

extension Setting where Value == String {
    init(_ path: String) {
        self.init(path) { text throws(SpellingProblem) in text }
    }

    static var backupRepo: Setting { Setting("backup.repo") }
    static var backupPgBin: Setting { Setting("backup.pg_bin") }
    static var migrateDir: Setting { Setting("migrate.dir") }
    static var migrateDump: Setting { Setting("migrate.dump") }
    static var poolPgbouncer: Setting { Setting("pool.pgbouncer") }
    static var poolRescue: Setting { Setting("pool.rescue") }
}

extension Setting where Value == Int {
    init(_ path: String) {
        self.init(path) { text throws(SpellingProblem) in
            guard let number = Int(text) else { throw SpellingProblem("not an integer") }
            return number
        }
    }

    static var parallel: Setting { Setting("defaults.parallel") }
    static var backupJobs: Setting { Setting("backup.jobs") }
    static var keepLast: Setting { Setting("backup.keep.last") }
    static var keepDaily: Setting { Setting("backup.keep.daily") }
    static var keepWeekly: Setting { Setting("backup.keep.weekly") }
    static var keepMonthly: Setting { Setting("backup.keep.monthly") }
    static var keepYearly: Setting { Setting("backup.keep.yearly") }
    static var migrateRetries: Setting { Setting("migrate.retries") }
    static var poolWarning: Setting { Setting("pool.warning") }
    static var poolCritical: Setting { Setting("pool.critical") }
}

extension Setting where Value == Bool {
    init(_ path: String) {
        self.init(path) { text throws(SpellingProblem) in
            guard let answer = Bool(text) else { throw SpellingProblem("neither true nor false") }
            return answer
        }
    }

    static var backupWithRolePasswords: Setting { Setting("backup.with_role_passwords") }
    static var backupRequireAll: Setting { Setting("backup.require_all") }
    static var backupAllDatabases: Setting { Setting("backup.all_databases") }
    static var migrateAllowOutOfOrder: Setting { Setting("migrate.allow_out_of_order") }
}

extension Setting where Value == Duration {
    init(_ path: String) {
        self.init(path) { text throws(SpellingProblem) in try Duration(spelled: text) }
    }

    static var lockTimeout: Setting { Setting("defaults.lock_timeout") }
    static var statementTimeout: Setting { Setting("defaults.statement_timeout") }
    static var backupLockWait: Setting { Setting("backup.lock_wait") }
    static var backupMaxSnapshotAge: Setting { Setting("backup.max_snapshot_age") }
    static var backupMaxAge: Setting { Setting("backup.max_age") }
    static var backupMaxDrillAge: Setting { Setting("backup.max_drill_age") }
    static var keepWithin: Setting { Setting("backup.keep.within") }
    static var migrateWait: Setting { Setting("migrate.wait") }
    static var migrateLockTimeout: Setting { Setting("migrate.lock_timeout") }
}

extension Setting where Value == HeartbeatURL {
    static var backupHeartbeat: Setting {
        Setting("backup.heartbeat") { text throws(SpellingProblem) in try HeartbeatURL(spelled: text) }
    }
}

extension Setting where Value == Compression {
    static var backupCompress: Setting {
        Setting("backup.compress") { text throws(SpellingProblem) in try Compression(spelled: text) }
    }
}

extension Setting where Value == CopyFormatChoice {
    static var backupCopyFormat: Setting {
        Setting("backup.copy_format") { text throws(SpellingProblem) in try CopyFormatChoice(spelled: text) }
    }
}

extension HeartbeatURL {
    init(spelled text: String) throws(SpellingProblem) {
        guard let url = HeartbeatURL(text) else { throw SpellingProblem("not an address of the web: https://…") }
        self = url
    }
}

extension Compression {
    init(spelled text: String) throws(SpellingProblem) {
        guard let method = Compression(text) else { throw SpellingProblem("zstd[:1-22], gzip[:1-9] or none") }
        self = method
    }
}

extension CopyFormatChoice {
    init(spelled text: String) throws(SpellingProblem) {
        guard let choice = CopyFormatChoice(rawValue: text) else { throw SpellingProblem("auto, binary or text") }
        self = choice
    }
}

extension Configuration {
    static func variableName(for path: [String]) -> String {
        "DBCTL_" + path.filter { $0 != "defaults" }.joined(separator: "_").uppercased()
    }

    /// What the environment says for a key of the schema; an empty variable says nothing.
    func variable(for path: String) -> Configuration.Value? {
        let name = Self.variableName(for: path.split(separator: ".").map(String.init))
        guard let text = environment[name], !text.isEmpty else { return nil }
        return Configuration.Value(text: text, origin: name)
    }

    /// The text of a setting and its origin: flag aside, that is environment, file, built-in default.
    func text<Value>(of setting: Setting<Value>) throws(Failure) -> Configuration.Value? {
        if let variable = variable(for: setting.path.joined(separator: ".")) { return variable }
        if let value = try value(setting.path) { return value }
        return ConfigurationSchema.field(setting.path)?.fallback.map { .init(text: $0, origin: "default") }
    }

    func value<Value>(of setting: Setting<Value>) throws(Failure) -> Value? {
        guard let found = try text(of: setting) else { return nil }
        do throws(SpellingProblem) {
            return try setting.parse(found.text)
        } catch {
            throw Failure(.configurationType, "\(found.origin): \(setting.path.joined(separator: ".")): \(error)")
        }
    }

    /// As strict as the file: what the environment says for a key is right or refused, whether this verb reads it or
    /// not. An override that is mistyped tonight must not wait for the verb that needs it.
    /// - Throws: `config.type` naming the variable, never its value.
    func checkVariables() throws(Failure) {
        for path in ConfigurationSchema.singleValues {
            guard let variable = variable(for: path), let shape = ConfigurationSchema.shape(path),
                !shape.fits(variable: variable.text)
            else { continue }
            throw Failure(
                .configurationType, "\(variable.origin) should be \(shape.expected): it stands for \(path)",
                hint: "correct it, or unset \(variable.origin)")
        }
    }
}

extension Setting where Value == DialectChoice {
    static var migrateDialect: Setting {
        Setting("migrate.dialect") { text throws(SpellingProblem) in
            guard let choice = DialectChoice(argument: text) else { throw SpellingProblem("not a dialect") }
            return choice
        }
    }
}
