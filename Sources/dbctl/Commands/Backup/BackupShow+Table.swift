import DBKit

extension SetDetails: CommandResult {
    func human(_ style: Style) -> String {
        var lines = [
            "\(style.bold(summary.set)) of \(summary.database), \(style.age(summary.time))",
            "  path       \(summary.path)",
            "  server     PostgreSQL \(manifest.serverVersion), dbctl \(manifest.dbctlVersion)",
            "  snapshot   \(manifest.snapshot.time), LSN at least \(manifest.snapshot.lsn)",
            "  holds      \(summary.tables) tables, \(summary.rows) rows, \(ByteCount(bytes: summary.plainBytes).forEyes)",
        ]
        if let size = summary.sizeBytes {
            let ratio = summary.compressionRatio.map { ", \($0.rounded(toDigits: 2)) to 1" } ?? ""
            let took = summary.duration.map { ", made in \(Style.span($0))" } ?? ""
            lines.append("  on disk    \(ByteCount(bytes: size).forEyes)\(ratio)\(took)")
        }
        lines.append("  verified   \(summary.verified.map(style.age) ?? style.warning("never"))")
        lines.append("  drilled    \(summary.drilled.map(style.age) ?? "never")")
        if summary.pinned { lines.append("  pinned     yes: retention keeps it") }
        for omission in manifest.omitted {
            lines.append("  not in it  \(omission.what) (\(omission.reason.rawValue))")
        }
        if let problem = summary.problem { lines.append("  \(style.bad(problem))") }
        guard !manifest.tables.isEmpty else { return lines.map(TextTable.printable).joined(separator: "\n") }
        var table = TextTable("TABLE", .right("ROWS"), .right("BYTES"), "FORM", .right("CHUNKS"), "FILE")
        for entry in manifest.tables {
            table.add(
                "\(entry.schema).\(entry.name)", String(entry.rows), ByteCount(bytes: entry.bytes).forEyes,
                entry.copyFormat.rawValue, String(entry.chunks.count), entry.file)
        }
        return lines.map(TextTable.printable).joined(separator: "\n") + "\n\n" + table.rendered(style)
    }
}
