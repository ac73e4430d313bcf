import ArgumentParser
import DBKit
import Foundation

/// `dbctl partition convert TABLE --by COLUMN --every "1 month"`
struct PartitionConvertCommand: Verb {
    static let schema = "dbctl.partition.convert/1"
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Make a table in use a partitioned one, without stopping anybody.",
        discussion: """
            Example: dbctl partition convert user_attempts --by attempted_at --every "1 month" --plan
                     dbctl partition convert user_attempts --by attempted_at --every "1 month" --yes
                     dbctl partition convert user_attempts --finish --yes
            With --strategy copy a partitioned table is filled beside the table, kept in step by a trigger, compared, and \
            swapped in within --max-stall, with all that refers to the table. With --strategy attach the table becomes one \
            partition as it is, and the next ones follow it; spreading its rows is left for later. What was interrupted goes on \
            with the same command. Until --finish, --undo goes back without losing what was written since; for that each write \
            notes its key. It is a dry run unless --yes is given or, on a terminal, the table is typed; --yes also consents to \
            what --plan lists: unique keys that get the partition column, and foreign keys of other tables that refer to that \
            column too. One that does not cannot be kept, and is never dropped for you: the message has the statement. \
            Without --by and --every those of the table's entry under partitions: of dbctl.yaml are taken.
            Exit codes: 0 done, or a dry run; 64 bad command line, 66 no such table, column or conversion; 69 unreachable, 75 \
            another run is at it, or the swap did not get its locks: run it again; 76 the server refused, 77 not allowed, \
            78 configuration, or a pooler without direct_url; 80 something cannot be moved, or needs consent, or was not \
            confirmed; 81 in use, and a foreign key does not hold; 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(
        help: "The table, with its schema or as the search_path sees it.",
        completion: .table(of: "partitions", "indexes", "feeds"))
    var table: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("The column to partition by.", valueName: "column")) var by: String?
    @Option(
        help: ArgumentHelp("How much goes into one partition: 1 day, 1 month.", valueName: "step"),
        completion: .calendarStep,
        transform: { try CalendarStep(spelled: $0) })
    var every: CalendarStep?
    @Option(help: ArgumentHelp("The same for a key of integers: so many values.", valueName: "n")) var rows: Int64?
    @Option(
        help: ArgumentHelp("copy or attach (default: copy).", valueName: "name"),
        completion: .list(ConvertSpecification.Strategy.allCases.map(\.rawValue)),
        transform: { name in
            guard let strategy = ConvertSpecification.Strategy(rawValue: name) else {
                throw ValidationError("--strategy is copy or attach")
            }
            return strategy
        })
    var strategy: ConvertSpecification.Strategy?
    @Flag(help: "Only show what would be done, and what stands in the way.") var plan = false
    @Flag(help: "Take it back, with all that was written since.") var undo = false
    @Flag(help: "Remove what an undo would need.") var finish = false
    @Option(help: ArgumentHelp("Whose midnight counts (default: UTC).", valueName: "zone"), completion: .timeZone)
    var timezone: String?
    @Option(help: ArgumentHelp("Partitions wholly in the future (default: 3).", valueName: "n")) var ahead: Int?
    @Option(help: ArgumentHelp("What partitions are called (default: as {table}_p{yyyy}_{mm}).", valueName: "template"))
    var name: String?
    @Option(help: ArgumentHelp("Rows of one transaction, at most (default: 10000).", valueName: "n")) var batch: Int?
    @Option(help: ArgumentHelp("Rows a second, at most.", valueName: "n")) var maxRate: Int?
    @Option(
        help: ArgumentHelp("How far standbys may be behind before the copy waits (default: 30s).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxLag: Duration?
    @Option(
        help: ArgumentHelp(
            "With attach: longest wait of an index for others' transactions (default: 10m).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxWait: Duration?
    @Option(
        help: ArgumentHelp("Longest time that the swap may block a write (default: 250ms).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxStall: Duration?

    func validate() throws {
        if [plan, undo, finish].count(where: { $0 }) > 1 {
            throw ValidationError("--plan, --undo and --finish exclude each other")
        }
        if every != nil && rows != nil { throw ValidationError("--every and --rows exclude each other") }
        if undo || finish {
            guard by == nil, every == nil, rows == nil, strategy == nil else {
                throw ValidationError("--undo and --finish take the table alone: what was begun is known")
            }
        }
        for (option, number) in [("--batch", batch), ("--max-rate", maxRate), ("--ahead", ahead)] {
            if let number, number < 1 { throw ValidationError("\(option) needs a number of at least 1") }
        }
        if let rows, rows < 1 { throw ValidationError("--rows needs a number of at least 1") }
        if let maxStall, maxStall <= .zero {
            throw ValidationError("--max-stall needs a time that is longer than none")
        }
    }

    func run(_ context: Context) async throws -> ConvertReport {
        var request = try PartitionRequest(context)
        // Whoever converts looks on, and is told at once.
        request.wait = global.wait ?? .zero
        if undo || finish { return try await end(request, context) }
        let convert = PartitionConvert(request, try specification(context))
        if global.yes, !global.dryRun, !plan { return try await convert.run() }
        var preview = try await convert.plan()
        preview.isConsented = global.yes
        guard !plan, preview.refusal(consented: true) == nil, Confirmation.isPossible(context) else { return preview }
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)), "This converts \(preview.table)",
            answer: preview.table)
        return try await convert.run()
    }

    private func end(_ request: PartitionRequest, _ context: Context) async throws -> ConvertReport {
        let stall = maxStall ?? ConvertSpecification.standardStall
        func act(isDryRun: Bool) async throws -> ConvertReport {
            undo
                ? try await PartitionConvert.undo(table, request, maximumStall: stall, isDryRun: isDryRun)
                : try await PartitionConvert.finish(table, request, isDryRun: isDryRun)
        }
        if global.yes, !global.dryRun { return try await act(isDryRun: false) }
        let preview = try await act(isDryRun: true)
        guard Confirmation.isPossible(context) else { return preview }
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)),
            undo ? "This takes the conversion of \(preview.table) back" : "After this there is no way back",
            answer: preview.table)
        return try await act(isDryRun: false)
    }
}
