import ArgumentParser
import DBKit

/// What is loaded, how it is read, and where it goes: a feed of dbctl.yaml, with what is said here on top.
struct FeedOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp("The feed of dbctl.yaml; needless when there is one only.", valueName: "name"),
        completion: .feed)
    var feed: String?

    @Option(
        help: ArgumentHelp("Without a feed: the table that the rows go into.", valueName: "table"),
        completion: .table(of: "feeds", "indexes", "partitions"))
    var table: String?

    @Option(
        help: ArgumentHelp("With --table: the columns that tell its rows apart.", valueName: "a,b"),
        transform: { try ColumnList($0) })
    var key: ColumnList?

    @Option(
        help: ArgumentHelp(
            "The only columns that are loaded (default: those that the header names).", valueName: "a,b"),
        transform: { try ColumnList($0) })
    var columns: ColumnList?

    @Option(
        help: ArgumentHelp(
            "A column has another name in the file: close=Close; asset_id=symbol@assets.symbol looks the value up. May be repeated.",
            valueName: "col=header"),
        transform: { try ColumnMapping($0) })
    var map: [ColumnMapping] = []

    @OptionGroup var format: FeedFormatOptions

    @Option(
        help: ArgumentHelp(
            "Records with the same key: refuse, identical (collapse where they say the same, the default) or last.",
            valueName: "rule"))
    var dup: DuplicateRule?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Apply the others when no more than n records are rejected (default: 0).", valueName: "n"))
    var maxRejected: Int?

    @Option(
        help: ArgumentHelp(
            "File of the rejected records (default: FILE.rejected.csv beside each); {target} in it is the target's name.",
            valueName: "file"), completion: .file())
    var rejected: String?

    @Option(help: ArgumentHelp("Rows to write in one transaction (default: 1000000).", valueName: "n"))
    var batch: Int?

    @OptionGroup var guards: GuardOptions

    func validate() throws {
        if feed != nil, table != nil { throw ValidationError("--feed and --table contradict each other") }
        if table != nil, key == nil { throw ValidationError("--table needs --key, as in --key asset_id,date") }
        if key != nil, table == nil { throw ValidationError("--key needs --table; a feed has its own key") }
        let columns = map.map(\.column)
        if let twice = columns.first(where: { name in columns.count { $0 == name } > 1 }) {
            throw ValidationError("--map names \(twice) twice")
        }
        if let maxRejected, maxRejected < 0 { throw ValidationError("--max-rejected needs a number of at least 0") }
        if let batch, batch < 1 { throw ValidationError("--batch needs a number of at least 1") }
    }

    /// What the files and the global options say together with these.
    func validate(_ files: [String], _ global: GlobalOptions) throws {
        let readsInput = files.contains("-")
        if readsInput, files.count > 1 { throw ValidationError("- is standard input, and stands alone") }
        guard global.allTargets || global.target.count > 1 else { return }
        if readsInput { throw ValidationError("standard input can be read once only, and not for several targets") }
        // Each run would replace the other's file.
        if rejected?.contains("{target}") == false {
            throw ValidationError("several targets need a file of rejected records each: --rejected 'bad-{target}.csv'")
        }
    }

    func refresh(_ files: [String], _ context: Context) throws -> RefreshRun {
        var refresh = RefreshRun(
            try RefreshRequest(context), definition: try definition(context.configuration), arguments: files)
        if context.options.allTargets || context.options.target.count > 1 {
            refresh.mark = context.target.replacing("/", with: "_")
        }
        refresh.rejectedFile = rejected?.replacing("{target}", with: context.target)
        return refresh
    }

    /// - Throws: `config.*` for what the file says, `usage.arguments` for what these options make of it.
    func definition(_ configuration: Configuration) throws(Failure) -> FeedDefinition {
        var definition = try base(configuration)
        if let columns { definition.narrow(to: columns.names) }
        for mapping in map { definition.map[mapping.column] = mapping.source }
        format.apply(to: &definition)
        definition.duplicates = dup ?? definition.duplicates
        definition.maximumRejected = maxRejected ?? definition.maximumRejected
        definition.batch = batch ?? definition.batch
        guards.apply(to: &definition.guards)
        if let contradiction = definition.contradiction {
            throw Failure(
                .usage,
                "the options and the feed contradict each other: \(contradiction.key): \(contradiction.message)",
                hint: "dbctl config show lists what the feed says")
        }
        return definition
    }

    private func base(_ configuration: Configuration) throws(Failure) -> FeedDefinition {
        if let table {
            var definition = FeedDefinition(table: table, key: key?.names ?? [])
            // Files that are loaded by hand need not have what the last ones had.
            definition.guards.missingAssets = nil
            return definition
        }
        guard let feed else { return try configuration.feeds.only().definition() }
        return try configuration.feeds.section(feed).definition()
    }
}

extension FeedDefinition {
    /// What a feed says about columns that are left out this time counts for nothing.
    fileprivate mutating func narrow(to columns: [String]) {
        self.columns = columns
        map = map.filter { columns.contains($0.key) }
        price = price?.filter(columns.contains)
        volume = volume?.filter(columns.contains)
    }
}

/// How the files are written, where that is not found out.
struct FeedFormatOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp("How the files are written: csv or ndjson (default: found out).", valueName: "format"))
    var inputFormat: FeedFormat?

    @Option(
        help: ArgumentHelp("What stands between two values, as in ';' or tab (default: found out).", valueName: "c"),
        transform: { try FeedSpelling.delimiter($0) })
    var delimiter: UInt8?

    @Flag(help: "The files have no header: their columns are those of --columns, in that order.")
    var noHeader = false

    func apply(to definition: inout FeedDefinition) {
        definition.format = inputFormat ?? definition.format
        definition.delimiter = delimiter ?? definition.delimiter
        if noHeader { definition.hasHeader = false }
    }
}
