import DBKit

/// One entry under `feeds:`. Its values are resolved when the feed is used, so that a variable that only another feed
/// needs may be missing.
struct FeedSection: Sendable {
    let name: String
    let value: ConfigurationValue
    let configuration: Configuration

    /// - Throws: `config.type` and `config.feed` with file and line.
    func definition() throws(Failure) -> FeedDefinition {
        var feed = FeedDefinition(table: try text("table") ?? "", key: try list("key") ?? [])
        feed.name = name
        feed.columns = try list("columns")
        feed.map = try map()
        try readFormat(&feed)
        try readColumns(&feed)
        try readPolicy(&feed)
        try readGuards(&feed.guards)
        if let contradiction = feed.contradiction {
            throw Failure(
                .configurationContradiction,
                "\(configuration.place(value[contradiction.key] ?? value)): feeds.\(name).\(contradiction.key): "
                    + contradiction.message)
        }
        return feed
    }

    private func readFormat(_ feed: inout FeedDefinition) throws(Failure) {
        feed.format = try choice("format")
        feed.delimiter = try read(["delimiter"], FeedSpelling.delimiter)
        if let quote = try read(["quote"], FeedSpelling.quote) {
            feed.quote = quote
        }
        feed.hasHeader = try flag("header") ?? feed.hasHeader
        feed.encoding =
            try read(["encoding"], FeedSpelling.encoding) ?? feed.encoding
        feed.nulls = try list("null") ?? feed.nulls
        feed.timezone =
            try read(["timezone"], FeedSpelling.timezone) ?? feed.timezone
    }

    private func readColumns(_ feed: inout FeedDefinition) throws(Failure) {
        feed.price = try list("price")
        feed.volume = try list("volume")
        feed.date = try text("date")
        feed.asset = try list("asset")
        feed.createdAt = try text("created_at")
        feed.updatedAt = try text("updated_at")
    }

    private func readPolicy(_ feed: inout FeedDefinition) throws(Failure) {
        feed.surplusDecimals = try choice("decimals") ?? feed.surplusDecimals
        feed.duplicates = try choice("dup") ?? feed.duplicates
        feed.maximumRejected = try count("max_rejected") ?? feed.maximumRejected
        feed.batch = try count("batch") ?? feed.batch
        feed.backupBefore = try flag("backup_before") ?? feed.backupBefore
        feed.undoKeep = try duration("undo_keep") ?? feed.undoKeep
    }

    private func readGuards(_ guards: inout GuardThresholds) throws(Failure) {
        guards.maximumJump = try read(["guards", "max_jump"], FeedSpelling.factor) ?? guards.maximumJump
        guards.missingAssets = try read(["guards", "missing_assets"], FeedSpelling.percent) ?? guards.missingAssets
        guards.maximumChanged = try read(["guards", "max_changed"], FeedSpelling.percent)
        guards.staleAfter = try duration("guards", "stale_after")
        guards.backWindow = try duration("guards", "back_window")
        for found in try configuration.list(path(["guards", "splits"])) ?? [] {
            guards.splits.append(try parsed(found, ["guards", "splits"], FeedSpelling.split))
        }
    }

    /// `close: Close` and `asset_id: {from: symbol, lookup: assets.symbol}`
    private func map() throws(Failure) -> [String: FeedSource] {
        guard case .table(let entries) = value["map"]?.content else { return [:] }
        var map: [String: FeedSource] = [:]
        for (column, source) in entries {
            let header = source.scalar == nil ? try text("map", column, "from") : try text("map", column)
            let lookup = try read(["map", column, "lookup"], FeedSpelling.lookup)
            map[column] = FeedSource(header: header ?? column, lookup: lookup)
        }
        return map
    }

    // Values

    private func path(_ keys: [String]) -> [String] { ["feeds", name] + keys }

    private func text(_ keys: String...) throws(Failure) -> String? {
        try configuration.value(path(keys))?.text
    }

    private func list(_ key: String) throws(Failure) -> [String]? {
        try configuration.list(path([key]))?.map(\.text)
    }

    private func flag(_ key: String) throws(Failure) -> Bool? {
        try text(key).map { $0 == "true" }
    }

    private func count(_ key: String) throws(Failure) -> Int? {
        try text(key).flatMap { Int($0) }
    }

    private func choice<Choice: RawRepresentable<String>>(_ key: String) throws(Failure) -> Choice? {
        try text(key).flatMap { Choice(rawValue: $0) }
    }

    private func duration(_ keys: String...) throws(Failure) -> Duration? {
        try read(keys) { text throws(SpellingProblem) in try Duration(spelled: text) }
    }

    private func read<Value>(
        _ keys: [String], _ parse: (String) throws(SpellingProblem) -> Value
    ) throws(Failure) -> Value? {
        guard let found = try configuration.value(path(keys)) else { return nil }
        return try parsed(found, keys, parse)
    }

    private func parsed<Value>(
        _ found: Configuration.Value, _ keys: [String], _ parse: (String) throws(SpellingProblem) -> Value
    ) throws(Failure) -> Value {
        do throws(SpellingProblem) {
            return try parse(found.text)
        } catch {
            throw Failure(
                .configurationType, "\(found.origin): \(path(keys).joined(separator: ".")): \(error)")
        }
    }
}
