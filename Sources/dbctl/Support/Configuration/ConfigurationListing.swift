import DBKit

/// Every value that applies, in the order of the schema's defaults and then of the file, with its origin.
struct ConfigurationListing {
    let settings: [ResolvedConfiguration.Setting]

    /// - Parameter flags: What the command line says for a key, and by which option.
    init(
        _ configuration: Configuration,
        flags: [String: (text: String, flag: String)]
    ) throws(Failure) {
        let said = configuration.root.scalars()
        let paths = Set(said.map(\.path))
        let fallbacks = ConfigurationSchema.fallbacks.map { ($0.path.joined(separator: "."), $0.text) }
            .filter { !paths.contains($0.0) && !ConfigurationSchema.isReserved($0.0) }
        let variables = ConfigurationSchema.singleValues
            .filter { path in !paths.contains(path) && !fallbacks.contains { $0.0 == path } }
            .filter { configuration.variable(for: $0) != nil }
        var listed: [(path: String, found: ResolvedConfiguration.Setting)] =
            fallbacks.map { ($0, .init(key: $0, value: $1, origin: "default")) }
            + variables.map { ($0, .init(key: $0, value: nil, origin: "")) }
        for (path, value) in said { listed.append((path, try Self.shown(value, at: path, configuration))) }
        settings = listed.map { path, found in
            if let flag = flags[path] { return .init(key: path, value: flag.text, origin: flag.flag) }
            guard let variable = configuration.variable(for: path) else { return found }
            return .init(
                key: path,
                value: Self.masked(variable.text, ConfigurationSchema.shape(path)),
                origin: variable.origin
            )
        }
    }

    /// A variable that is not set leaves a gap to look at; one whose value does not fit is an error here as anywhere.
    private static func shown(
        _ value: ConfigurationValue,
        at path: String,
        _ configuration: Configuration
    ) throws(Failure) -> ResolvedConfiguration.Setting {
        let names = Placeholders.names(in: value.scalar ?? "")
        let origin = configuration.place(value) + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
        do throws(Failure) {
            let resolved = try configuration.resolve(value, at: path)
            return .init(key: path, value: resolved.map { masked($0, value.shape) }, origin: origin)
        } catch {
            guard error.code == .configurationVariable else { throw error }
            return .init(key: path, value: nil, origin: origin)
        }
    }

    /// A password alone, or the one inside a URL of any kind. Of an address of the web only the host is no secret: who
    /// knows path or query can send what it stands for.
    static func masked(_ text: String, _ shape: Shape?) -> String {
        if shape?.isSecret == true { return "****" }
        if case .webAddress = shape, let url = HeartbeatURL(text), let end = text.firstRange(of: "://") {
            return "\(text[..<end.upperBound])\(url)/****"
        }
        var shown = text
        for range in ArgumentSecrets.ranges(in: text).reversed() { shown.replaceSubrange(range, with: "****") }
        return shown
    }
}
