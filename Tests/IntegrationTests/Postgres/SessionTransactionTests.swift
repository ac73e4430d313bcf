import DBKit
import TestSupport
import Testing

@Suite("Session: transactions, savepoints, snapshots")
struct SessionTransactionTests {
    struct Refusal: Error {}

    @Test("a transaction commits when its body returns and rolls back when it throws")
    func commitAndRollback() async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.t (a int)")
            try session.transaction { try $0.execute("INSERT INTO public.t VALUES (1)") }
            #expect(throws: Refusal.self) {
                try session.transaction { session in
                    try session.execute("INSERT INTO public.t VALUES (2)")
                    throw Refusal()
                }
            }
            #expect(!session.isInTransaction)
            #expect(try scalar(session, "SELECT array_agg(a) AS a FROM public.t") == [1])
        }
    }

    @Test("a failed statement that the body swallowed still fails the transaction: COMMIT never lies")
    func swallowedFailure() async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.t (a int)")
            let error = #expect(throws: PostgresError.self) {
                try session.transaction { session in
                    try session.execute("INSERT INTO public.t VALUES (1)")
                    _ = try? session.execute("SELECT 1/0")
                }
            }
            #expect(error?.message == "the transaction was rolled back: a statement in it had failed")
            #expect(try scalar(session, "SELECT count(*) AS n FROM public.t") == 0)
        }
    }

    @Test("a savepoint undoes only its own work, nested too")
    func savepoints() async throws {
        try await withSession { session in
            try session.execute("CREATE TABLE public.t (a int)")
            try session.transaction { session in
                try session.execute("INSERT INTO public.t VALUES (1)")
                let outer: (Session) throws -> Void = { session in
                    try session.execute("INSERT INTO public.t VALUES (2)")
                    try session.savepoint { try $0.execute("INSERT INTO public.t VALUES (3)") }
                    try session.execute("SELECT 1/0")
                }
                #expect(throws: PostgresError.self) { try session.savepoint(outer) }
                try session.savepoint { try $0.execute("INSERT INTO public.t VALUES (4)") }
            }
            #expect(try scalar(session, "SELECT array_agg(a ORDER BY a) AS a FROM public.t") == [1, 4])
        }
    }

    @Test("the mode of a transaction is what was asked for")
    func modes() async throws {
        try await withSession { session in
            let mode = TransactionMode(isolation: .serializable, readOnly: true, deferrable: true)
            try session.transaction(mode) { session in
                let row = try session.row(
                    """
                    SELECT current_setting('transaction_isolation') AS isolation,
                           current_setting('transaction_read_only') AS read_only,
                           current_setting('transaction_deferrable') AS is_deferrable
                    """
                )
                #expect(try row.value("isolation") == "serializable")
                #expect(try row.value("read_only") == "on")
                #expect(try row.value("is_deferrable") == "on")
            }
            #expect(throws: PostgresError.self) {
                try session.transaction(.readOnly) { try $0.execute("CREATE TABLE public.t ()") }
            }
        }
    }

    @Test("a snapshot exported by one session is seen by another, row by row")
    func snapshots() async throws {
        try await TestServer.withDatabase { database in
            let parameters = ConnectionParameters(url: database.url)
            let owner = try Session.connect(parameters, settings: SessionSettings(applicationName: "owner"))
            let other = try Session.connect(parameters, settings: SessionSettings(applicationName: "other"))
            try other.execute("CREATE TABLE public.t AS SELECT 1 AS a")
            try owner.transaction(.snapshot) { owner in
                let snapshot = try owner.exportSnapshot()
                try other.execute("INSERT INTO public.t VALUES (2)")
                try other.transaction(.snapshot) { other in
                    try other.importSnapshot(snapshot)
                    #expect(try scalar(other, "SELECT count(*) AS n FROM public.t") == 1)
                }
            }
            #expect(try scalar(other, "SELECT count(*) AS n FROM public.t") == 2)
        }
    }

    @Test("a connection lost at COMMIT says that the outcome is unknown, and is not called retryable")
    func lostCommit() async throws {
        try await TestServer.withDatabase { database in
            let session = try Session.connect(
                ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "lost"))
            let killer = try Session.connect(
                ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "killer"))
            // A deferred trigger ends the session in the middle of COMMIT, without a last word.
            try session.script(
                ServerText(
                    file: """
                        CREATE TABLE public.t (a int);
                        CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM pg_catalog.pg_sleep(60); RETURN NULL; END $$;
                        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON public.t
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.wait();
                        """
                )
            )
            let pid = session.backendPID
            let connection = try await Connection.open(
                ConnectionParameters(url: database.url), settings: SessionSettings(applicationName: "victim"))
            let victim = await connection.backendPID
            let commit = Task {
                try await connection.run { session in
                    try session.transaction { try $0.execute("INSERT INTO public.t VALUES (1)") }
                }
            }
            try await eventually("the commit waits in its trigger") {
                let query: Query =
                    "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = \(victim) AND query = 'COMMIT'"
                return try killer.row(query).value("n") == 1
            }
            try await database.psql("SELECT pg_terminate_backend(\(victim))")
            let error = await #expect(throws: PostgresError.self) { try await commit.value }
            #expect(error?.isConnectionLost == true)
            #expect(error?.isOutcomeUnknown == true)
            #expect(error?.isRetryable == false)
            #expect(pid != victim)
        }
    }
}
