import Operations
import Postgres

/// The end: what an undo would need goes.
struct ConvertFinish: Sendable {
    let site: PartitionSite
    let conversion: Conversion

    /// - Throws: `partition.convert_none` before the swap.
    func planned() throws(Failure) -> ConvertReport {
        try requireSwapped()
        var report = ConvertReport(conversion, .converted)
        report.isDryRun = true
        report.notes.append(
            conversion.strategy == .copy
                ? "\(conversion.typedOld), the table as it was, would be dropped; there would be no way back"
                : "the index that an undo needs would be dropped; there would be no way back")
        return report
    }

    func run() async throws -> ConvertReport {
        try requireSwapped()
        let leftovers = ConvertLeftovers(conversion: conversion)
        let request = site.request.patient
        var report = ConvertReport(conversion, .removed)
        // Whatever it is called by now.
        if let place = try conversion.sqlPlace {
            report.state = .finished
            if conversion.state == .swapped {
                try await PendingKeys(
                    request: request, connection: site.connection, table: conversion.target, sql: place,
                    label: conversion.label
                ).validate()
            }
            let lock = BoundedLock(
                request: request, connection: site.connection, tables: [conversion.target], label: conversion.label,
                total: request.lockTimeout)
            try await lock.run("the trigger on \(conversion.label) goes") { try leftovers.release(place, in: $0) }
        }
        try await leftovers.drop(
            from: conversion.oldSchema, of: conversion.strategy == .copy ? conversion.source : nil, request,
            through: site.connection)
        return report
    }

    private func requireSwapped() throws(Failure) {
        guard !conversion.isSwapped else { return }
        throw Failure(
            .partitionConvertNone, "\(conversion.label) is not converted yet: its conversion is \(conversion.words)",
            detail: "Nothing was changed.",
            hint: "go on with \(conversion.going), or take it back with \(conversion.command("--undo --yes"))"
        )
    }
}

/// All that a conversion has made beside the table that stays in use.
struct ConvertLeftovers: Sendable {
    let conversion: Conversion

    /// What is on the table that stays in use, for which others have to wait.
    func release(_ inUse: SQLFragment, in session: Session) throws {
        try ChangeLog.remove(from: inUse, in: session)
        if conversion.strategy == .attach { try removePrepared(from: inUse, in: session) }
    }

    /// All the rest, in which nobody is.
    ///
    /// - Parameter table: What lies in `schema`; nil when that is in use too.
    func drop(
        from schema: String, of table: Int64?, _ request: PartitionRequest, through connection: Connection
    ) async throws {
        let lock = BoundedLock(
            request: request.patient, connection: connection, tables: table.map { [$0] } ?? [], label: conversion.label)
        try await refusingReferences(schema) {
            try await lock.run("removing what the conversion of \(conversion.label) had made") { [conversion] session in
                for name in [conversion.newSchema, conversion.oldSchema] { try ShadowView.clear(name, in: session) }
                if table != nil {
                    try session.execute("DROP TABLE IF EXISTS \(try identifier(schema, conversion.name))")
                }
                try ChangeLog.drop(of: conversion.source, in: session)
                for name in [conversion.newSchema, conversion.oldSchema] {
                    try session.execute("DROP SCHEMA IF EXISTS \(try identifier(name))")
                }
                try conversion.delete(in: session)
            }
        }
    }

    /// - Throws: `partition.convert_changed` for what somebody made of what is to be dropped.
    private func refusingReferences(_ schema: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as PostgresError where error.sqlState?.code == "2BP01" {
            throw Failure(
                .partitionConvertChanged,
                "something refers to \(schema).\(conversion.name), which the conversion of \(conversion.label) had made: \(error.message)",
                detail: "\(error.detail ?? "")\n\(conversion.label) is in use.",
                hint: "drop what refers to it, and run the same command again", sqlState: error.sqlState?.code)
        } catch { throw error }
    }

    /// What was built on the table to make it a partition; of a partition only what an undo would have needed.
    private func removePrepared(from inUse: SQLFragment, in session: Session) throws {
        let source = conversion.source
        let isTaken = conversion.isSwapped
        let oids = (conversion.memory?.names ?? [:]).filter {
            PreparedIndex.isOurs($0.value, source) && $0.value.hasSuffix("_\(PreparedIndex.Purpose.kept.rawValue)")
        }.map(\.key)
        let names = try session.rows(
            """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS place
            FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE i.indrelid = \(source)::bigint::oid AND NOT i.indisprimary
              AND (pg_catalog.starts_with(c.relname, \("dbctl_\(source)_")) OR \(isTaken) AND c.oid::text = ANY (\(oids)::text[]))
            """
        ).map { try $0.value("place", as: String.self) }
        for name in names { try session.execute("DROP INDEX \(ServerText(catalog: name))") }
        guard !isTaken else { return }
        try session.execute("ALTER TABLE \(inUse) DROP CONSTRAINT IF EXISTS \(try identifier(AttachConversion.check))")
        guard conversion.state == .preparing, conversion.memory?.wasNullable == true else { return }
        try session.execute("ALTER TABLE \(inUse) ALTER COLUMN \(try identifier(conversion.key)) DROP NOT NULL")
    }
}
