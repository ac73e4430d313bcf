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
                ? "\(conversion.oldSchema).\(conversion.name), the table as it was, would be dropped; there would be no way back"
                : "the index that an undo needs would be dropped; there would be no way back")
        return report
    }

    func run() async throws -> ConvertReport {
        try requireSwapped()
        let place: SQLFragment = "\(try identifier(conversion.schema, conversion.name))"
        if conversion.state == .swapped {
            _ = try await PendingKeys(
                request: site.request.patient, connection: site.connection, table: conversion.target, sql: place,
                label: conversion.label
            ).validate()
        }
        let lock = BoundedLock(
            request: site.request.patient, connection: site.connection, tables: [conversion.target],
            label: conversion.label)
        try await lock.run("removing what \(conversion.label) was") { [conversion] session in
            try ConvertLeftovers(conversion: conversion).remove(inUse: place, from: conversion.oldSchema, in: session)
        }
        return ConvertReport(conversion, .finished)
    }

    private func requireSwapped() throws(Failure) {
        guard conversion.state != .swapped, conversion.state != .converted else { return }
        throw Failure(
            .partitionConvertNone, "\(conversion.label) is not converted yet: its conversion is \(conversion.words)",
            detail: "Nothing was changed.",
            hint:
                "go on with dbctl partition convert \(conversion.label) --by \(conversion.key) --every \"\(conversion.step)\", or take it back with --undo"
        )
    }
}

/// All that a conversion has made beside the table that stays in use.
struct ConvertLeftovers: Sendable {
    let conversion: Conversion

    /// - Parameters:
    ///   - inUse: What stays; its trigger goes.
    ///   - schema: Where the other one lies.
    func remove(inUse: SQLFragment, from schema: String, in session: Session) throws {
        try ChangeLog.remove(from: inUse, in: session)
        for name in [conversion.newSchema, conversion.oldSchema] { try ShadowView.clear(name, in: session) }
        if conversion.strategy == .attach { try removePrepared(from: inUse, schema, in: session) }
        if conversion.strategy == .copy || schema == conversion.newSchema {
            try session.execute("DROP TABLE IF EXISTS \(try identifier(schema, conversion.name))")
        }
        try ChangeLog.drop(of: conversion.source, in: session)
        for name in [conversion.newSchema, conversion.oldSchema] {
            try session.execute("DROP SCHEMA IF EXISTS \(try identifier(name))")
        }
        try conversion.delete(in: session)
    }

    /// What was built on the table to make it a partition; of a partition only what an undo would have needed.
    private func removePrepared(from inUse: SQLFragment, _ schema: String, in session: Session) throws {
        let source = conversion.source
        let isTaken = schema == conversion.oldSchema
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
