import Operations
import Postgres

/// What `up` would do, statement by statement, without having done any of it.
public struct MigrationPlan: Sendable, Encodable {
    public struct Item: Sendable, Encodable {
        public enum Direction: String, Sendable, Encodable {
            case up, down
        }

        public var version: String
        public var name: String
        public var direction: Direction
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
    /// The hook that runs when all are applied.
    public var afterAll: PlannedSegment?
    public var warnings: [String] = []

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case migrations, afterAll, warnings
    }
}

extension MigrationPlan {
    /// A section that is to be run, with the hook before its first segment.
    struct Step: Sendable {
        var migration: Migration
        var section: SegmentedSection
        var direction: Item.Direction
        /// The place among its statements at which an interrupted run had come to.
        var start: Int?
        fileprivate var segments: [(kind: Segment.Kind, statements: [StatementPlace])] = []

        init(
            _ migration: Migration, _ section: SegmentedSection, _ direction: Item.Direction, start: Int? = nil,
            hook: SegmentedSection? = nil
        ) {
            (self.migration, self.section, self.direction, self.start) = (migration, section, direction, start)
            for segment in section.segments where segment.statements.upperBound > start ?? 0 {
                segments.append(
                    (segment.kind, segment.statements.map { StatementPlace(section: section.section, place: $0) }))
            }
            guard start == nil, let hook, !segments.isEmpty else { return }
            if segments[0].kind == .transaction {
                segments[0].statements = hook.places + segments[0].statements
            } else {
                segments.insert((.transaction, hook.places), at: 0)
            }
        }
    }

    /// - Parameter steps: In the order in which they will run.
    init(_ steps: [Step], afterAll hook: SegmentedSection?, in session: Session) throws {
        let places = hook?.places ?? []
        var effects = try Effects(steps.flatMap { $0.segments.flatMap(\.statements) } + places, in: session)
        migrations = steps.map { effects.item($0) }
        if hook != nil { afterAll = effects.segment(.transaction, places) }
    }

    static func items(_ steps: [Step], in session: Session) throws -> [Item] {
        try MigrationPlan(steps, afterAll: nil, in: session).migrations
    }

    /// What each statement will do, handed out in the order in which they run.
    private struct Effects {
        private var rest: IndexingIterator<[StatementEffect]>

        init(_ places: [StatementPlace], in session: Session) throws {
            rest = try PlanningContext.effects(
                of: places.map { ($0.section, $0.section.statements[$0.place]) }, in: session
            ).makeIterator()
        }

        mutating func item(_ step: Step) -> Item {
            var segments: [PlannedSegment] = []
            for (kind, statements) in step.segments { segments.append(segment(kind, statements)) }
            return Item(
                version: step.migration.key, name: step.migration.name, direction: step.direction,
                resumeAt: step.start.map { $0 + 1 }, segments: segments)
        }

        mutating func segment(_ kind: Segment.Kind, _ statements: [StatementPlace]) -> PlannedSegment {
            var reason: String?
            if case .alone(let why) = kind { reason = why }
            var planned: [PlannedStatement] = []
            for statement in statements {
                guard let effect = rest.next() else { continue }
                planned.append(PlannedStatement(statement, effect))
            }
            return PlannedSegment(isTransaction: kind == .transaction, reason: reason, statements: planned)
        }
    }
}

extension SegmentedSection {
    /// All of its statements, of a hook.
    fileprivate var places: [StatementPlace] { kinds.indices.map { StatementPlace(section: section, place: $0) } }
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
            let afterAll = limit == nil ? sections.afterAll : nil
            let debts = try await connection.run { [request] session in
                try session.transaction(.readOnly) { session in
                    try MigrationDebts(before: request.run.id, in: session)
                }
            }
            let runs = !agenda.items.isEmpty || afterAll != nil && debts.hook
            if runs { try await refuseForeign(history, connection) }
            let steps = try agenda.items.map { item in
                MigrationPlan.Step(
                    item.migration, try sections.up(item.migration), .up, start: item.start, hook: sections.beforeEach)
            }
            return try await connection.run { session in
                try sections.check(agenda.items, isPooled: session.isPooled)
                var plan = try session.transaction(.readOnly) { session in
                    try MigrationPlan(steps, afterAll: runs ? afterAll : nil, in: session)
                }
                plan.warnings = agenda.warnings
                return plan
            }
        }
    }
}
