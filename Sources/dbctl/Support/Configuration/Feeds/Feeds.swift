import DBKit

/// The feeds that the configuration names.
struct Feeds: Sendable {
    let configuration: Configuration

    /// In the order of the file.
    var names: [String] {
        guard case .table(let entries) = configuration.root["feeds"]?.content else { return [] }
        return entries.map(\.key)
    }

    /// - Throws: `config.unknown_feed` with the nearest name, or with where a configuration was looked for.
    func section(_ name: String) throws(Failure) -> FeedSection {
        if let value = configuration.root["feeds"]?[name] {
            return FeedSection(name: name, value: value, configuration: configuration)
        }
        guard let file = configuration.file else {
            throw Failure(
                .configurationFeed, "--feed: no feed named \"\(name)\": no configuration was found",
                detail: configuration.placeForEyes, hint: Targets.hintWithoutFile)
        }
        let near = NearestName.of(name, among: names).first.map { "did you mean --feed \($0)?" }
        throw Failure(
            .configurationFeed, "--feed: no feed named \"\(name)\" in \(file)",
            detail: names.isEmpty ? "no feeds are configured" : "feeds: \(names.joined(separator: ", "))",
            hint: near ?? "dbctl config show lists what \(file) says")
    }

    /// The only one: it need not be named.
    func only() throws(Failure) -> FeedSection {
        guard let name = names.first else {
            throw Failure(
                .usage, "nothing says where the rows go: no feed is configured", detail: configuration.placeForEyes,
                hint: "add one under feeds: of dbctl.yaml, or say it here, as in --table prices --key asset_id,date")
        }
        guard names.count == 1 else {
            throw Failure(
                .usage, "there are several feeds: \(names.joined(separator: ", "))",
                hint: "choose one with --feed \(name)")
        }
        return try section(name)
    }

    /// What the schema cannot see, of all feeds; `config check` does, no other verb.
    func check() throws(Failure) {
        var problems: [Failure] = []
        for name in names {
            do throws(Failure) { _ = try section(name).definition() } catch { problems.append(error) }
        }
        guard var first = problems.first else { return }
        if problems.count > 1 { first.add(detail: problems.dropFirst().map(\.message).joined(separator: "\n")) }
        throw first
    }
}

extension Configuration {
    var feeds: Feeds { Feeds(configuration: self) }
}
