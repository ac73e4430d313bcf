// A pool of connections that gives none. Not the server's word: the pool's own limits.

extension FailureCode {
    public static let poolTimeout = FailureCode("pool.timeout", .busy)
    public static let poolDraining = FailureCode("pool.draining", .interrupted)
}

extension FailureCatalogue {
    static let pool: [Entry] = [
        Entry(
            .poolTimeout,
            "No connection of the pool became free before the acquire deadline.",
            causes: [
                "All connections are leased: long transactions, or a lease that somebody forgot to release; the "
                    + "detail names the place that holds one for the longest.",
                "The pool cannot open more: the server refuses or does not answer; the detail has its last words.",
                "More callers at once than the pool's connections can serve in that time.",
            ],
            next: [
                "Nothing was sent to the server: the same call may simply be repeated.",
                "active at total, and a holder named: look there for a slow statement or a missing release.",
                "A last connect error in the detail: `dbctl check` says why the server admits nobody.",
                "Neither: raise the pool's maximum, within the server's max_connections, or the acquire timeout.",
            ]
        ),
        Entry(
            .poolDraining,
            "The pool is being closed and hands out no more connections.",
            causes: ["The program is shutting down, and something in it still asks for connections."],
            next: [
                "Nothing was sent to the server. Start the program again, or stop the asking part before the pool."
            ]
        ),
        Entry(
            "pool.bench_slots", .guarded,
            "A load test would take more connections than the server can spare: a fifth of its ordinary slots has to stay "
                + "free for everybody else.",
            causes: [
                "A pool that is too large for this server, or other applications that use most of it.",
                "A CONNECTION LIMIT of the role or the database.",
            ],
            next: [
                "`dbctl pool bench --pool-size N` with the number that the message names.",
                "On a server that nobody else needs: `dbctl pool bench --yes`.",
            ]
        ),
        Entry(
            "pool.bench_statement", .usage,
            "The statement of a load test leaves a transaction open, so that its connection serves nobody else.",
            causes: ["BEGIN, or its like."],
            next: ["Give one statement that is a transaction of its own, as `SELECT 1` is."]
        ),
    ]
}
