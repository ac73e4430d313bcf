import Operations
import Postgres

/// What comes after the migrations of a run and did not come: it is made up for by the next one, also when nothing is
/// pending any more.
struct MigrationDebts: Sendable {
    /// The hook afterAll.sql failed, or the run ended before it.
    var hook = false
    /// The schema file was not written.
    var schemaFile = false

    /// What a run that wrote the schema file has among its counts.
    static let schemaFileCount = "schema_file"

    /// - Parameter run: That asks. The caller holds the mutex, or only looks.
    init(before run: RunID, in session: Session) throws {
        guard try OperationLog().state(in: session).isReadable else { return }
        let query = Query(
            embedded: PackageResources.migrations_last_up_sql,
            binds: [FailureCode.migrationAfterAll.name, Self.schemaFileCount, run.description])
        guard let row = try session.rows(query).first else { return }
        hook = try row.value("owes_hook")
        schemaFile = try row.value("owes_schema")
    }
}
