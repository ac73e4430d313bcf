import ArgumentParser
import DBKit

/// `dbctl index create TABLE COLUMN…`
struct IndexCreateCommand: Verb {
    static let schema = "dbctl.index.create/1"
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Build an index without stopping anybody, unless an equivalent one is there.",
        discussion: """
            Example: dbctl index create prices asset_id 'date DESC'
                     dbctl index create users '(lower(email))' --unique --where 'deleted_at IS NULL'
                     dbctl index create prices date --include close --dry-run
            A COLUMN may carry DESC, NULLS FIRST, an operator class or a collation, or be an expression in parentheses. The \
            index is built CONCURRENTLY, on a partitioned table partition by partition; older transactions are waited for \
            at most --max-wait, and shown. Whatever happens, no INVALID index stays if it can be dropped, and the same \
            command again completes what was interrupted. An index that is there already, whatever its name, is left alone. \
            --dry-run also asks for room on the disk, and for --unique looks for rows with the same key, for 5s at the most.
            Exit codes: 0 done, or it is there; 64 bad command line, 65 --unique over rows with the same key, 66 no such \
            table or column, 69 unreachable, 73 the name is taken or the disk too small, 75 another run or build is at it, \
            the table is locked, or others' transactions lasted too long; 76 the server refused, 77 not allowed, 78 configuration or a pooler \
            without direct_url, 80 a wider index serves (--force) or a foreign partition; 81 partly done, or an INVALID \
            index could not be dropped: run it again; 130 SIGINT, 143 SIGTERM.
            """)

    @Argument(
        help: "The table, with its schema or as the search_path sees it.",
        completion: .table(of: "indexes", "partitions", "feeds"))
    var table: String
    @Argument(help: "A column, or an expression in parentheses.") var column: [String]

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Flag(help: "No two rows may have the same key.") var unique = false
    @Option(help: ArgumentHelp("A column to store beside the keys; may be repeated.", valueName: "column"))
    var include: [String] = []
    @Option(help: ArgumentHelp("Only rows for which this is true.", valueName: "expr"))
    var `where`: String?
    @Option(
        help: ArgumentHelp("Access method (default: btree).", valueName: "method"),
        completion: .list(["btree", "hash", "gin", "gist", "spgist", "brin"]))
    var using: String?
    @Option(help: ArgumentHelp("Name (default: as the server chooses).", valueName: "name"))
    var name: String?
    @Flag(help: "With --unique: NULLs are equal to each other (15+).") var nullsNotDistinct = false
    @Option(
        help: ArgumentHelp("Longest wait for others' transactions (default: 10m).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxWait: Duration?
    @Flag(help: "Also when a wider index serves the same queries.") var force = false

    func validate() throws {
        if nullsNotDistinct && !unique { throw ValidationError("--nulls-not-distinct is about --unique") }
        if let `where`, `where`.allSatisfy(\.isWhitespace) { throw ValidationError("--where is empty") }
        if (column + include).contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            throw ValidationError("a column is empty: name it, or leave it out")
        }
        if let using, using.isEmpty { throw ValidationError("--using is empty") }
    }

    func run(_ context: Context) async throws -> IndexCreateReport {
        var specification = IndexSpecification(table: table, columns: column)
        specification.include = include
        specification.predicate = `where`
        specification.method = using
        specification.isUnique = unique
        specification.nullsNotDistinct = nullsNotDistinct
        specification.name = name
        var create = IndexCreate(try IndexRequest(context, maximumWait: maxWait), specification)
        create.isForced = force
        return global.dryRun ? try await create.plan() : try await create.run()
    }
}
