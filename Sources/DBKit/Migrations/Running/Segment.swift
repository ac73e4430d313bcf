import Operations

/// Statements that stand and fall together: one transaction, or one statement that the server takes in none.
struct Segment: Hashable {
    enum Kind: Hashable {
        case transaction
        /// With the reason, e.g. `CREATE INDEX CONCURRENTLY` or the author's directive.
        case alone(String)
    }

    var kind: Kind
    /// Places in the section's statements, without BEGIN and COMMIT.
    var statements: Range<Int>

    var isTransaction: Bool { kind == .transaction }
}

/// A section, cut into its segments. One that is wholly transactional has exactly one.
///
/// An explicit `BEGIN … COMMIT` is a segment of its own, so that a file that brings its own transaction keeps it.
struct SegmentedSection {
    let section: MigrationSection
    let kinds: [StatementKind]
    private(set) var segments: [Segment] = []

    /// - Throws: `migrate.file` for transaction control that leaves it open what was done.
    init(_ section: MigrationSection) throws(Failure) {
        self.section = section
        kinds = section.statements.map { StatementKind($0, in: section.script) }
        var explicit: Int?
        for (place, kind) in kinds.enumerated() {
            switch kind.boundary {
            case .begin:
                guard explicit == nil else { throw problem(place, "BEGIN inside of a transaction") }
                explicit = place
            case .commit:
                guard let start = explicit else { throw problem(place, "COMMIT without a BEGIN before it") }
                explicit = nil
                if start + 1 < place { segments.append(Segment(kind: .transaction, statements: start + 1..<place)) }
            case .abandon(let words): throw problem(place, "\(words): a migration is done or fails, nothing else")
            case .alone(let reason) where explicit != nil:
                throw problem(place, "\(reason) cannot run between BEGIN and COMMIT")
            case .alone(let reason): segments.append(Segment(kind: .alone(reason), statements: place..<place + 1))
            case .inside where explicit != nil: break
            case .inside where kind.isCopyOut:
                throw problem(
                    place, "COPY … TO STDOUT has nobody to read it",
                    hint: "take it out: a migration changes a database, and psql reads one")
            case .inside where section.directives.isOutsideTransaction:
                // A transaction of its own has its row of the history in it. Only what may commit by itself cannot.
                segments.append(
                    Segment(
                        kind: kind.mayCommit ? .alone("no-transaction") : .transaction, statements: place..<place + 1))
            case .inside: append(place)
            }
        }
        if let explicit { throw problem(explicit, "this BEGIN has no COMMIT") }
    }

    /// Statements of earlier segments whose settings the one that begins here was written for. The session is reset
    /// after each segment, and a resumed run has never had them.
    func settings(before place: Int) -> [Int] {
        kinds.indices.prefix(place).filter { kinds[$0].setsSession }
    }

    private var lastImplicit: Int? {
        guard let last = segments.last, last.isTransaction else { return nil }
        return last.statements.upperBound
    }

    /// To the transaction that ends right before it, unless an explicit COMMIT is in between.
    private mutating func append(_ place: Int) {
        if lastImplicit == place, !addsValueUsed(by: place) {
            segments[segments.count - 1].statements = segments[segments.count - 1].statements.lowerBound..<place + 1
        } else {
            segments.append(Segment(kind: .transaction, statements: place..<place + 1))
        }
    }

    /// A value added to an enum cannot be used in the same transaction (55P04). A boundary is put between the two, and
    /// only there.
    private func addsValueUsed(by place: Int) -> Bool {
        guard let segment = segments.last else { return false }
        let strings = Set(section.statements[place].words(in: section.script).filter { $0.hasPrefix("'") })
        return segment.statements.contains { earlier in
            let words = section.statements[earlier].words(in: section.script)
            guard words.prefix(2) == ["alter", "type"], let value = words.firstIndex(of: "value"), value > 2,
                words[value - 1] == "add"
            else { return false }
            return words[value...].contains { $0.hasPrefix("'") && strings.contains($0) }
        }
    }

    private func problem(
        _ place: Int, _ what: String,
        hint: String =
            "leave BEGIN and COMMIT out: a file is one transaction, and what cannot run in one is put outside of it"
    ) -> Failure {
        Failure(
            .migrationFile, "\(section.path):\(section.statements[place].line): \(what)",
            detail: "Nothing was changed.", hint: hint)
    }
}
