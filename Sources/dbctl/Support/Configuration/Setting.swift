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
    static var backupCompress: Setting { Setting("backup.compress") }
    static var backupCopyFormat: Setting { Setting("backup.copy_format") }
    static var backupHeartbeat: Setting { Setting("backup.heartbeat") }
    static var backupPgBin: Setting { Setting("backup.pg_bin") }
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
}

extension Setting where Value == Duration {
    init(_ path: String) {
        self.init(path) { text throws(SpellingProblem) in try Duration(spelled: text) }
    }

    static var lockTimeout: Setting { Setting("defaults.lock_timeout") }
    static var statementTimeout: Setting { Setting("defaults.statement_timeout") }
    static var backupLockWait: Setting { Setting("backup.lock_wait") }
    static var backupMaxSnapshotAge: Setting { Setting("backup.max_snapshot_age") }
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

    /// - Throws: `config.type` when the environment's spelling does not fit.
    func value<Value>(of setting: Setting<Value>) throws(Failure) -> Value? {
        guard let found = try text(of: setting) else { return nil }
        do throws(SpellingProblem) {
            if let field = ConfigurationSchema.field(setting.path), !field.shape.fits(found.text, isPlain: true) {
                throw SpellingProblem("should be \(field.shape.expected)")
            }
            return try setting.parse(found.text)
        } catch {
            throw Failure(.configurationType, "\(found.origin): \(setting.path.joined(separator: ".")): \(error)")
        }
    }
}
