import Postgres

/// What `up` would do, statement by statement, without having done any of it.
public struct MigrationPlan: Sendable, Encodable {
    public struct Item: Sendable, Encodable {
        public var version: String
        public var name: String
        /// The statement, counted from 1, at which an interrupted run is gone on with.
        public var resumeAt: Int?
        public var segments: [PlannedSegment]
    }

    /// Statements that stand and fall together.
    public struct PlannedSegment: Sendable, Encodable {
        /// False: one statement that the server takes in no transaction.
        public var isTransaction: Bool
        /// Why it stands alone, e.g. `CREATE INDEX CONCURRENTLY`.
        public var reason: String?
        public var statements: [PlannedStatement]

        enum CodingKeys: String, CodingKey {
            case isTransaction = "transaction"
            case reason, statements
        }
    }

    public struct PlannedStatement: Sendable, Encodable {
        public var file: String
        public var line: Int
        /// On one line, cut.
        public var sql: String
        public var effect: StatementEffect

        enum CodingKeys: String, CodingKey {
            case file, line, sql
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(file, forKey: .file)
            try container.encode(line, forKey: .line)
            try container.encode(sql, forKey: .sql)
            try effect.encode(to: encoder)
        }
    }

    public var isDryRun = true
    public var migrations: [Item] = []
    public var warnings: [String] = []

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case migrations, warnings
    }
}

extension MigrationPlan {
    /// - Parameter items: In the order in which they will run.
    init(_ items: [MigrationAgenda.Item], _ folder: PreparedFolder, in session: Session) throws {
        let parts = try items.map { item in try Part(item, folder) }
        let all = parts.flatMap { part in part.segments.flatMap(\.statements) }
        var effects = try PlanningContext.effects(
            of: all.map { ($0.section, $0.section.statements[$0.place]) }, in: session
        ).makeIterator()
        for part in parts {
            var segments: [PlannedSegment] = []
            for (segment, statements) in part.segments {
                var reason: String?
                if case .alone(let why) = segment { reason = why }
                var planned: [PlannedStatement] = []
                for statement in statements {
                    guard let effect = effects.next() else { continue }
                    planned.append(PlannedStatement(statement, effect))
                }
                segments.append(
                    PlannedSegment(isTransaction: segment == .transaction, reason: reason, statements: planned))
            }
            migrations.append(
                Item(
                    version: part.item.migration.key, name: part.item.migration.name,
                    resumeAt: part.item.start.map { $0 + 1 }, segments: segments))
        }
    }

    /// One migration's segments with all that runs in them, the hook before the first.
    private struct Part {
        var item: MigrationAgenda.Item
        var segments: [(kind: Segment.Kind, statements: [StatementPlace])] = []

        init(_ item: MigrationAgenda.Item, _ folder: PreparedFolder) throws {
            self.item = item
            let section = try folder.up(item.migration)
            let start = item.start ?? 0
            for segment in section.segments where segment.statements.upperBound > start {
                segments.append(
                    (segment.kind, segment.statements.map { StatementPlace(section: section.section, place: $0) }))
            }
            guard item.start == nil, let hook = folder.beforeEach, !segments.isEmpty else { return }
            let statements = hook.kinds.indices.map { StatementPlace(section: hook.section, place: $0) }
            if segments[0].kind == .transaction {
                segments[0].statements = statements + segments[0].statements
            } else {
                segments.insert((.transaction, statements), at: 0)
            }
        }
    }
}

extension MigrationPlan.PlannedStatement {
    init(_ place: StatementPlace, _ effect: StatementEffect) {
        let statement = place.section.statements[place.place]
        self.init(
            file: place.section.path, line: statement.line, sql: place.section.script.summary(of: statement),
            effect: effect)
    }
}

extension MigrateUp {
    /// What ``run()`` would do now. Waits for nobody and writes nothing: its session is read only.
    public func plan() async throws -> MigrationPlan {
        let sections = try PreparedFolder(folder)
        var settings = request.settings
        settings.isReadOnly = true
        return try await Connection.with(request.server, settings: settings) { connection in
            let history = try await connection.run { session in
                try session.transaction(.readOnly) { session in try MigrationHistory.read(in: session) }
            }
            let agenda = try await MigrationAgenda(
                Reconciliation(folder, history), folder: folder, limit: limit, allowsOutOfOrder: allowsOutOfOrder,
                connection: connection)
            if !agenda.items.isEmpty { try await refuseForeign(history, connection) }
            return try await connection.run { session in
                try sections.check(agenda.items, isPooled: session.isPooled)
                var plan = try session.transaction(.readOnly) { session in
                    try MigrationPlan(agenda.items, sections, in: session)
                }
                plan.warnings = agenda.warnings
                return plan
            }
        }
    }
}
