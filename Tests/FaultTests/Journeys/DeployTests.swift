import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

/// One deploy, as a team lives it: two pipelines at once, an edited file, duplicates under a unique index, and a table that
/// is never at rest; in between, what status, plan and history say is the truth.
@Suite struct DeployTests {
    private static let orders = """
        -- migrate:up
        CREATE TABLE orders (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, customer int NOT NULL, email text NOT NULL);
        INSERT INTO orders (customer, email) SELECT g % 500, g || '@example.com' FROM generate_series(1, 20000) AS g;

        """
    private static let customers = "-- migrate:up\nCREATE INDEX CONCURRENTLY orders_customer ON orders (customer);\n"
    private static let emails = "-- migrate:up\nCREATE UNIQUE INDEX CONCURRENTLY orders_email ON orders (email);\n"
    private static let note = "-- migrate:up\nALTER TABLE orders ADD COLUMN note text;\n"

    private let lockTimeout = "500ms"

    @Test("two deployers, an edited file, duplicates, a hot table: nobody is harmed, and all goes through in the end")
    func story() async throws {
        try await TestServer.withDatabase { database in
            let files = ["1_orders.sql": Self.orders, "2_customers.sql": Self.customers]
            try await MigrationFixture.with(files, on: database.url) { migrations in
                try await race(database, migrations)
                try await edit(database, migrations)
                try await duplicates(database, migrations)
                try await busy(database, migrations)
                try await remember(database, migrations)
            }
        }
    }

    // MARK: Two pipelines

    private func race(_ database: TestDatabase, _ migrations: MigrationFixture) async throws {
        try await expect(migrations, "1 pending,2 pending", exit: 1)
        let plan = try await migrations.run("plan")
        #expect(plan.exitCode == 0 && plan.stdout.contains("orders_customer"), "\(plan)")
        #expect(try await database.psql("SELECT to_regclass('orders') IS NULL") == "t")
        async let one = migrations.run("up")
        async let two = migrations.run("up")
        let outcomes = try await [one, two]
        #expect(outcomes.map(\.exitCode) == [0, 0], "\(outcomes)")
        let applied = try outcomes.map { try $0.versions("applied") }.sorted { $0.count < $1.count }
        #expect(applied == [[], ["1", "2"]], "one works, the other waits and finds nothing to do")
        #expect(try await invalid(database) == "0")
        try await expect(migrations, "1 applied,2 applied", exit: 0)
    }

    // MARK: Somebody edits what is applied

    private func edit(_ database: TestDatabase, _ migrations: MigrationFixture) async throws {
        try migrations.write("1_orders.sql", Self.orders.replacing("customer int", with: "customer bigint"))
        try migrations.write("3_emails.sql", Self.emails)
        let refused = try await migrations.run("up")
        let error = try refused.error()
        #expect(refused.exitCode == 65 && error["code"] as? String == "migrate.edited", "\(refused)")
        #expect(try refused.detail().contains("customer bigint"), "\(refused)")
        #expect((error["hint"] as? String)?.contains("dbctl migrate rebless 1") == true, "\(refused)")
        try await expect(migrations, "1 edited,2 applied,3 pending", exit: 1)
        #expect(try await database.psql("SELECT to_regclass('orders_email') IS NULL") == "t")
        // As it was, which is the other thing that the hint says.
        try migrations.write("1_orders.sql", Self.orders)
    }

    // MARK: Duplicates under a unique index

    private func duplicates(_ database: TestDatabase, _ migrations: MigrationFixture) async throws {
        try await database.psql("INSERT INTO orders (customer, email) VALUES (1, '7@example.com')")
        let refused = try await migrations.run("up")
        #expect(try refused.exitCode == 65 && refused.error()["code"] as? String == "migrate.duplicates", "\(refused)")
        #expect(try refused.detail().contains("(7@example.com) 2 times"), "\(refused)")
        #expect(try await invalid(database) == "0", "nothing is left behind")
        // A colleague tries it by hand, and leaves what dbctl would not.
        _ = try? await database.psql("CREATE UNIQUE INDEX CONCURRENTLY orders_email ON orders (email)")
        #expect(try await invalid(database) == "1")
        try await expect(migrations, "1 applied,2 applied,3 pending", exit: 1)
        try await database.psql("DELETE FROM orders WHERE email = '7@example.com' AND customer = 1")
        let mended = try await migrations.run("up")
        #expect(try mended.exitCode == 0 && mended.versions("applied") == ["3"], "\(mended)")
        #expect(try await invalid(database) == "0", "what was INVALID is built anew")
        #expect(
            try await database.psql("SELECT indisunique FROM pg_index WHERE indexrelid = 'orders_email'::regclass")
                == "t")
    }

    // MARK: A hot table

    private func busy(_ database: TestDatabase, _ migrations: MigrationFixture) async throws {
        try migrations.write("4_note.sql", Self.note)
        let shop = Shop(url: database.url)
        let writing = Task { try await shop.write() }
        try await finally {
            try await withHolder(database) { holder in
                let begun = ContinuousClock.now
                let refused = try await migrations.run("up", "--lock-timeout", lockTimeout, "--retries", "5")
                let length = ContinuousClock.now - begun
                let error = try refused.error()
                #expect(refused.exitCode == 75 && error["code"] as? String == "lock.timeout", "\(refused)")
                #expect(error["sqlstate"] as? String == "55P03", "\(refused)")
                let pid = await holder.backendPID
                #expect(
                    (error["hint"] as? String)?.contains("`SELECT pg_terminate_backend(\(pid))`") == true, "\(refused)")
                #expect(try refused.detail().contains("pid \(pid) (postgres, forgotten)"), "\(refused)")
                let stall = shop.longest
                #expect(stall < length / 2, "a writer waits for one try and not for six: \(stall) of \(length)")
                #expect(shop.orders > 0)
                try await expect(migrations, "1 applied,2 applied,3 applied,4 pending", exit: 1)
                #expect(try await columns(database) == "0")

                let patient = try await migrations.running(
                    "up", ["--lock-timeout", lockTimeout, "--retries", "500"]
                ) { _ in
                    try await eventually("it waits for the table") {
                        try await database.psql(Self.waiting) == "1"
                    }
                    let other = try await migrations.run("up", "--wait", "0s")
                    #expect(try other.exitCode == 75 && other.error()["code"] as? String == "lock.held", "\(other)")
                    #expect(try other.message().contains("pid "), "\(other)")
                    let look = try await migrations.run("plan")
                    #expect(look.exitCode == 0 && look.stdout.contains("ACCESS EXCLUSIVE"), "\(look)")
                    let before = shop.orders
                    try await eventually("the shop goes on selling") { shop.orders > before + 5 }
                    try await holder.run { _ = try $0.execute("COMMIT") }
                }
                #expect(try patient.exitCode == 0 && patient.versions("applied") == ["4"], "\(patient)")
            }
        } cleanUp: {
            writing.cancel()
            try await writing.value
        }
        #expect(try await columns(database) == "1")
    }

    /// Somebody who has read the table, and has forgotten that his transaction is open.
    private func withHolder(_ database: TestDatabase, _ body: (Connection) async throws -> Void) async throws {
        var settings = SessionSettings(applicationName: "forgotten")
        settings.lockTimeout = .zero
        try await Connection.with(ConnectionParameters(url: database.url), settings: settings) { holder in
            try await holder.run { session in
                try session.execute("BEGIN")
                _ = try session.row("SELECT count(*) AS n FROM public.orders")
            }
            try await body(holder)
        }
    }

    private static let waiting = """
        SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass AND mode = 'AccessExclusiveLock'
        """

    // MARK: Afterwards

    private func remember(_ database: TestDatabase, _ migrations: MigrationFixture) async throws {
        try await expect(migrations, "1 applied,2 applied,3 applied,4 applied", exit: 0)
        let nothing = try await migrations.run("up")
        #expect(try nothing.exitCode == 0 && nothing.versions("applied") == [], "\(nothing)")
        let history = try await Dbctl.run(["history", "--format", "json", "--database-url", database.url])
        let runs = try #require(try history.data()["runs"] as? [[String: Any]], "\(history)")
        let failed = runs.filter { $0["outcome"] as? String == "failed" }.compactMap { $0["error_code"] as? String }
        #expect(failed == ["lock.timeout", "migrate.duplicates"], "the newest first: \(history)")
        #expect(runs.allSatisfy { $0["command"] as? String == "migrate up" }, "\(history)")
        #expect(runs.count { $0["outcome"] as? String == "succeeded" } == 3, "who found nothing to do is no run")
    }

    private func expect(
        _ migrations: MigrationFixture, _ states: String, exit: Int32, location: SourceLocation = #_sourceLocation
    ) async throws {
        let status = try await migrations.run("status", "--exit-code")
        let list = try status.data()["migrations"] as? [[String: Any]] ?? []
        let found = list.map { "\($0["version"] ?? "") \($0["state"] ?? "")" }.joined(separator: ",")
        #expect(status.exitCode == exit && found == states, "\(status)", sourceLocation: location)
    }

    private func invalid(_ database: TestDatabase) async throws -> String {
        try await database.psql("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
    }

    private func columns(_ database: TestDatabase) async throws -> String {
        try await database.psql(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'orders' AND column_name = 'note'")
    }
}

/// A shop that never closes, and knows how long a customer had to wait at most.
private final class Shop: Sendable {
    private let url: String
    private let seen = Guarded<(orders: Int, longest: Duration)>((0, .zero))

    init(url: String) {
        self.url = url
    }

    var orders: Int { seen.withLock { $0.orders } }
    var longest: Duration { seen.withLock { $0.longest } }

    func write() async throws {
        var settings = SessionSettings(applicationName: "shop")
        settings.lockTimeout = .zero
        try await Connection.with(ConnectionParameters(url: url), settings: settings) { connection in
            while !Task.isCancelled {
                let begun = ContinuousClock.now
                let insert: Query =
                    "INSERT INTO public.orders (customer, email) VALUES (7, gen_random_uuid()::text || '@example.com')"
                do {
                    try await connection.run { _ = try $0.execute(insert) }
                } catch is PostgresError where Task.isCancelled {
                    return
                } catch { throw error }
                let wait = ContinuousClock.now - begun
                seen.withLock { $0 = ($0.orders + 1, max($0.longest, wait)) }
            }
        }
    }
}
