import Operations
import Postgres

/// What is said of a conversion, and what is to be typed.
extension Conversion {
    /// How far it is.
    var words: String {
        switch state {
        case .preparing: "prepared"
        case .copying: "begun, with \(rowsCopied) rows copied"
        case .swapped: "in use, with foreign keys still to be validated"
        case .converted: "in use"
        case .undone: "taken back, with the copy still to be removed"
        }
    }

    /// The table in use, whatever it is called by now.
    var sqlPlace: SQLFragment? {
        get throws(PostgresError) {
            guard let place else { return nil }
            return "\(try identifier(place.schema, place.name))"
        }
    }

    /// As SQL, without quotes where none are needed.
    var typed: String { Self.typed(schema, name) }
    /// The table as it was, once the partitioned one is in use.
    var typedOld: String { Self.typed(oldSchema, name) }

    private static func typed(_ schema: String, _ name: String) -> String {
        (try? identifier(schema, name).typed) ?? "\(schema).\(name)"
    }

    /// `dbctl partition convert public.attempts --undo --yes`
    func command(_ words: String) -> String { "dbctl partition convert \(ShellWord.quoted(typed)) \(words)" }

    /// The command that it was begun with.
    var going: String {
        let rows = " rows"
        let cut = step.hasSuffix(rows) ? "--rows \(step.dropLast(rows.count))" : "--every \(ShellWord.quoted(step))"
        let zone = zone == "GMT" || zone == "UTC" ? "" : " --timezone \(ShellWord.quoted(zone))"
        let strategy = strategy == .copy ? "" : " --strategy \(strategy.rawValue)"
        return command("--by \(ShellWord.quoted(key)) \(cut)\(zone)\(strategy) --yes")
    }

    var wayBack: String {
        strategy == .copy
            ? "until \(command("--finish --yes")) the table as it was is kept as \(typedOld), and --undo goes back to it"
            : "until \(command("--finish --yes")) the index that a way back needs is kept, and --undo goes back"
    }

    /// A table that was renamed or moved while its conversion is under way.
    ///
    /// - Throws: `partition.convert_changed`
    func refuseRenamed() throws(Failure) {
        guard let place, (place.schema, place.name) != (schema, name) else { return }
        var statements: [String] = []
        let (home, old) = (Self.typed(schema, place.name), Self.typed(place.schema, place.name))
        if place.schema != schema { statements.append("ALTER TABLE \(old) SET SCHEMA \(Self.typed(schema))") }
        if place.name != name { statements.append("ALTER TABLE \(home) RENAME TO \(Self.typed(name))") }
        throw Failure(
            .partitionConvertChanged, "\(label) is called \(place.schema).\(place.name) by now",
            detail:
                "Its conversion is \(words), and goes on under the name that it was begun with. It is in use; nothing was changed.",
            hint: "\(statements.joined(separator: "; ")); and run the same command again")
    }

    private static func typed(_ name: String) -> String { (try? identifier(name).typed) ?? name }

    /// - Throws: `partition.convert_changed` when the table is not what it was when its copy was made.
    func refuseAltered(in session: Session) throws {
        guard try Self.digest(of: source, key: key, in: session) != digest else { return }
        throw Failure(
            .partitionConvertChanged, "\(label) was altered since its conversion was begun",
            detail: "What was made for it does not have that. \(label) is in use as it was.",
            hint: "\(command("--undo --yes")) removes what was made; then begin again")
    }

    static func digest(of table: Int64, key: String, in session: Session) throws -> String {
        try session.row(
            Query(embedded: PackageResources.convert_digest_sql, binds: [table, key, AttachConversion.check])
        ).value("digest")
    }
}
