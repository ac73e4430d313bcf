import ArgumentParser
import DBKit

/// `dbctl partition retain`
struct PartitionRetainCommand: Verb {
    static let schema = "dbctl.partition.retain/1"
    static let configuration = CommandConfiguration(
        commandName: "retain",
        abstract: "Detach, drop or archive the partitions that are past keeping, without stopping anybody.",
        discussion: """
            Example: dbctl partition retain
                     dbctl partition retain --yes
                     dbctl partition retain --table user_attempts --keep '24 months' --on-expire detach
            It is a dry run unless --yes is given or, on a terminal, the number of partitions is typed. A partition expires when its \
            upper bound is as old as keep: of its entry under partitions:; on_expire: says what becomes of it. Never the \
            last one, one of now or of the future, a default partition, or one whose bounds are not understood. A clock \
            that runs ahead of the server's makes nothing older.
            DETACH is CONCURRENTLY where the server takes it (no default partition), waiting at most --max-wait; else its \
            lock is tried for 50 ms at a time. drop: then DROP TABLE, never CASCADE. archive: a backup set of the \
            partition in .partitions of the repository, every byte read back, restored into a throwaway cluster (or --into \
            a scratch database), compared by count and checksum there and once more under the lock of the DROP. dbctl never \
            deletes such a set; dbctl restore PATH --table SCHEMA.NAME --into DB brings it back. Archiving needs a role \
            that may read every table, as every backup does. Room, rights and programs are looked at before anything is \
            detached, and by a dry run. A repository that is not there yet is made, but no folder above it.
            What was interrupted, at whichever step, is finished by the next run.
            Exit codes: 0 done, a dry run, or nothing to do; 64 bad command line, 66 no such table, or no folder for the \
            repository, 69 unreachable, 73 no room for the archives, 75 another run, somebody's DETACH or somebody's lock \
            is in the way: nothing was changed; 76 the server refused, 77 not allowed, 78 configuration (no keep, no \
            repository, no server programs to restore with) or a pooler without direct_url, 80 a foreign key refers to the \
            table or something depends on a partition, nothing of that table was changed, or it was not confirmed; 81 some \
            are done, or one is detached and not yet archived or dropped: run it again; 130 SIGINT, 143 SIGTERM.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var place: RepositoryOptions

    @Option(help: ArgumentHelp("Only this table.", valueName: "table"), completion: .table(of: "partitions"))
    var table: String?

    @Option(
        help: ArgumentHelp("With --table: how much to keep, 24 months, or 100000000 values.", valueName: "step"),
        transform: { try PartitionDeclaration.Keep(spelled: $0) })
    var keep: PartitionDeclaration.Keep?
    @Option(
        help: ArgumentHelp("With --table: detach, drop or archive.", valueName: "what"),
        completion: .list(PartitionDeclaration.Expiry.allCases.map(\.rawValue)),
        transform: { try PartitionDeclaration.Expiry(spelled: $0) })
    var onExpire: PartitionDeclaration.Expiry?
    @Option(
        help: ArgumentHelp("Longest wait for those who use the table (default: 10m).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var maxWait: Duration?
    @Option(help: ArgumentHelp("Restore archives into a new database of this name on the server.", valueName: "dbname"))
    var into: String?
    @Option(
        help: ArgumentHelp(
            "Connections that archive and restore at once (default: backup.jobs, else 2).", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        if table == nil, keep != nil || onExpire != nil {
            throw ValidationError("--keep and --on-expire are about one table: give --table")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs needs a number from 1 to 256") }
        if let into { try RestoreTarget.validate(into) }
    }

    func run(_ context: Context) async throws -> PartitionRetainReport {
        let retain = try await retain(context)
        if global.yes, !global.dryRun { return try await retain.run() }
        let preview = try await retain.plan()
        guard !preview.isEmpty, preview.failure == nil, Confirmation.isPossible(context) else { return preview }
        try Confirmation.ask(
            showing: preview.human(Style(color: false, now: context.clock.now)), preview.question,
            answer: String(preview.consented.count))
        return try await retain.run(only: preview.consented)
    }
}
