// What pgbouncer's console says, in two versions, P12.

import Testing

@testable import Triage

@Suite("The pooler's tables are read by column name") struct PoolerTableTests {
    private func table(_ columns: String, _ rows: String...) -> PoolerTable {
        PoolerTable(
            columns: columns.split(separator: "|").map(String.init),
            rows: rows.map { row in
                row.split(separator: "|", omittingEmptySubsequences: false).map { $0.isEmpty ? nil : String($0) }
            })
    }

    private var old: PoolerObservation {
        PoolerObservation(
            pools: table(
                "database|user|cl_active|cl_waiting|cl_active_cancel_req|cl_waiting_cancel_req|sv_active|"
                    + "sv_active_cancel|sv_being_canceled|sv_idle|sv_used|sv_tested|sv_login|maxwait|maxwait_us|pool_mode",
                "app|web|4|7|0|0|3|1|1|0|2|0|1|2|500000|transaction",
                "pgbouncer|pgbouncer|1|0|0|0|0|0|0|0|0|0|0|0|0|statement"),
            databases: table(
                "name|host|port|database|force_user|pool_size|min_pool_size|reserve_pool|pool_mode|max_connections|"
                    + "current_connections|paused|disabled",
                "app|127.0.0.1|5432|app_production||5|0|2||8|6|1|0",
                "pgbouncer||6432|pgbouncer|pgbouncer|2|0|0|statement|0|0|0|0"),
            clients: table(
                "type|user|database|state|addr|port|wait|wait_us|tls", "C|web|app|active|10.0.0.1|1|0|0|",
                "C|web|app|waiting|10.0.0.1|2|2|5|", "C|web|app|waiting|10.0.0.2|3|2|5|"),
            stats: table(
                "database|total_xact_count|avg_xact_count|avg_query_count|avg_recv|avg_sent|avg_xact_time|"
                    + "avg_query_time|avg_wait_time", "app|100|40|80|1|1|250000|90000|1500000"))
    }

    /// More columns, in other places, and one with a new name.
    private var new: PoolerObservation {
        PoolerObservation(
            pools: table(
                "database|user|cl_active|cl_waiting|cl_active_cancel_req|cl_waiting_cancel_req|sv_active|"
                    + "sv_active_cancel|sv_being_canceled|sv_idle|sv_used|sv_tested|sv_login|maxwait|maxwait_us|"
                    + "pool_mode|load_balance_hosts",
                "app|web|4|7|0|0|3|1|1|0|2|0|1|2|500000|transaction|",
                "pgbouncer|pgbouncer|1|0|0|0|0|0|0|0|0|0|0|0|0|statement|"),
            databases: table(
                "name|host|port|database|force_user|pool_size|min_pool_size|reserve_pool_size|server_lifetime|pool_mode|"
                    + "load_balance_hosts|max_connections|current_connections|max_client_connections|"
                    + "current_client_connections|paused|disabled",
                "app|127.0.0.1|5432|app_production||5|0|2|3600|||8|6|0|11|1|0"),
            clients: table(
                "type|user|database|replication|state|addr|port|wait|wait_us|tls|application_name|id",
                "C|web|app|none|active|10.0.0.1|1|0|0|||1", "C|web|app|none|waiting|10.0.0.1|2|2|5|||2",
                "C|web|app|none|waiting|10.0.0.2|3|2|5|||3"),
            stats: table(
                "database|total_server_assignment_count|avg_server_assignment_count|avg_xact_count|avg_xact_time|"
                    + "avg_wait_time|avg_client_parse_count", "app|100|12|40|250000|1500000|0"))
    }

    @Test("1.18 and 1.25 are read to the same, P12")
    func versions() throws {
        #expect(old == new)
        let pool = try #require(old.pools.first)
        #expect(old.pools.count == 1, "the console's own is left out")
        #expect(pool.clientsWaiting == 7 && pool.serversActive == 5 && pool.serversLogin == 1 && pool.servers == 8)
        #expect(pool.longestWaitS == 2.5)
        let database = try #require(old.databases.first)
        #expect(database.poolSize == 5 && database.reservePool == 2 && database.maxConnections == 8)
        #expect(database.serverDatabase == "app_production" && database.isPaused && !database.isDisabled)
        #expect(old.clients.map(\.state) == ["active", "waiting"] && old.clients.map(\.count) == [1, 2])
        #expect(old.statistics.first?.averageWaitS == 1.5)
    }

    @Test("of SHOW CONFIG the two sizes that everybody shares")
    func config() {
        let config = table(
            "key|value|default|changeable", "default_pool_size|5|20|yes", "max_client_conn|20|100|yes", "x|y|z|no")
        let pooler = PoolerObservation(pools: table("database"), config: config)
        #expect(pooler.settings == .init(defaultPoolSize: 5, maxClientConn: 20))
        #expect(PoolerObservation(pools: table("database")).settings == nil)
    }

    @Test("columns that are missing count as nothing, and rows that are short do not break")
    func missing() {
        let pooler = PoolerObservation(pools: table("database|user|cl_waiting", "app|web", "app|other|3"))
        #expect(pooler.pools.map(\.clientsWaiting) == [0, 3])
    }
}
