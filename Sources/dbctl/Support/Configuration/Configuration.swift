import DBKit

/// A validated dbctl.yaml (or none) with the environment that its `${NAME}` refer to. Values are resolved when a
/// command asks for them, so that a missing variable of another section does no harm.
struct Configuration: Sendable {
    /// A resolved value and where it comes from, `dbctl.yaml:3`.
    struct Value: Sendable {
        let text: String
        let origin: String
    }

    /// nil: no configuration file was found.
    let file: String?
    let root: ConfigurationValue
    let environment: [String: String]

    init(file: String?, root: ConfigurationValue?, environment: [String: String]) {
        self.file = file
        self.root = root ?? ConfigurationValue(content: .table([]), line: 1, shape: ConfigurationSchema.root)
        self.environment = environment
    }

    /// What was read; without a file, where one was looked for.
    var placeForEyes: String {
        let candidates = ConfigurationFile.candidates(environment).map { $0.hasPrefix("/") ? $0 : "./\($0)" }
        return file.map { "read from \($0)" } ?? "looked for \(candidates.joined(separator: ", "))"
    }

    var targets: Targets { Targets(configuration: self) }

    /// The resolved text of a scalar.
    /// - Throws: `config.missing_variable`, also for one that is empty where it may not be, or `config.type` when a variable's value does not fit.
    func resolve(_ value: ConfigurationValue, at path: String) throws(Failure) -> String? {
        guard let text = value.scalar else { return nil }
        guard Placeholders.areIn(text) else { return text }
        let resolved: String
        do {
            resolved = try Placeholders.resolve(text, environment)
        } catch {
            throw Failure(
                .configurationVariable,
                "\(place(value)): \(path) needs the environment variable \(error.name), which is not set",
                hint: "export \(error.name)=…, or pass --env-file")
        }
        if value.shape.needsEveryVariable,
            let name = Placeholders.names(in: text).first(where: { environment[$0]?.isEmpty == true })
        {
            throw Failure(
                .configurationVariable,
                "\(place(value)): \(path) needs the environment variable \(name), which is empty",
                hint: "export \(name)=…, or take it out of \(path)")
        }
        guard value.shape.fits(variable: resolved) else {
            let names = Placeholders.names(in: text).joined(separator: ", ")
            throw Failure(
                .configurationType,
                "\(place(value)): \(path) should be \(value.shape.expected); the value of \(names) does not fit")
        }
        return resolved
    }

    func place(_ value: ConfigurationValue) -> String {
        "\(file ?? "dbctl.yaml"):\(value.line)"
    }

    /// The text at a path of the schema, as `backup.repo`.
    func value(_ path: [String]) throws(Failure) -> Value? {
        guard let value = root[path: path] else { return nil }
        return try resolve(value, at: path.joined(separator: ".")).map { Value(text: $0, origin: place(value)) }
    }

    /// The list at a path; a single value is a list of one.
    func list(_ path: [String]) throws(Failure) -> [Value]? {
        guard let value = root[path: path] else { return nil }
        guard case .list(let elements) = value.content else {
            return try self.value(path).map { [$0] }
        }
        var values: [Value] = []
        for element in elements {
            guard let text = try resolve(element, at: path.joined(separator: ".")) else { continue }
            values.append(Value(text: text, origin: place(element)))
        }
        return values
    }

    /// Resolves every value; `config check` does, no other verb.
    func resolveAll() throws(Failure) {
        for (path, value) in root.scalars() {
            _ = try resolve(value, at: path)
        }
    }
}

/// The servers that the configuration names.
struct Targets: Sendable {
    let configuration: Configuration

    /// In the order of the file.
    var names: [String] {
        guard case .table(let entries) = configuration.root["targets"]?.content else { return [] }
        return entries.map(\.key)
    }

    /// - Throws: `config.unknown_target` with the nearest name, or with where a configuration was looked for.
    func target(_ name: String) throws(Failure) -> Target {
        if let value = configuration.root["targets"]?[name] {
            return Target(name: name, value: value, configuration: configuration)
        }
        guard let file = configuration.file else {
            throw Failure(
                .configurationTarget, "--target: no target named \"\(name)\": no configuration was found",
                detail: configuration.placeForEyes, hint: Self.hintWithoutFile)
        }
        let near = NearestName.of(name, among: names).first.map { "did you mean --target \($0)?" }
        throw Failure(
            .configurationTarget, "--target: no target named \"\(name)\" in \(file)",
            detail: names.isEmpty ? "no targets are configured" : "targets: \(names.joined(separator: ", "))",
            hint: near ?? "dbctl config show lists what \(file) says")
    }

    static let hintWithoutFile = "name the file with --config, or begin one with dbctl init"
}

/// One entry under `targets:`.
struct Target: Sendable {
    let name: String
    let value: ConfigurationValue
    let configuration: Configuration

    var place: String { configuration.place(value) }

    func url() throws(Failure) -> Configuration.Value? { try text("url") }
    func directURL() throws(Failure) -> Configuration.Value? { try text("direct_url") }
    func password() throws(Failure) -> Configuration.Value? { try text("password") }
    /// A role that gets in when ordinary ones do not.
    func rescue() throws(Failure) -> Configuration.Value? { try text("rescue") }
    /// The console of the pooler in front of it.
    func pgbouncer() throws(Failure) -> Configuration.Value? { try text("pgbouncer") }

    private func text(_ key: String) throws(Failure) -> Configuration.Value? {
        try configuration.value(["targets", name, key])
    }
}
