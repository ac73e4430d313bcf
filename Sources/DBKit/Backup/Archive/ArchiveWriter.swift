extension ArchiveTOC {
    /// The bytes of a `toc.dat`, as `pg_dump` of the header's version would write them.
    public func serialized() -> [UInt8] {
        var writer = ArchiveWriter(intSize: Int(header.intSize))
        writer.write(header)
        writer.write(Int32(entries.count))
        for entry in entries {
            writer.write(entry, version: header.version)
        }
        return writer.bytes
    }
}

/// The format byte of the header.
enum ArchiveFormat {
    /// `pg_dump` marks the `toc.dat` of a directory archive as a tar archive's (3), and `pg_restore` insists on it.
    static let directory: UInt8 = 3
}

/// The inverse of `ArchiveReader`.
private struct ArchiveWriter {
    let intSize: Int
    var bytes: [UInt8] = []

    init(intSize: Int) {
        self.intSize = intSize
    }

    mutating func write(_ header: ArchiveTOC.Header) {
        bytes += Array("PGDMP".utf8)
        bytes += [1, header.version.rawValue, 0, header.intSize, header.offsetSize, ArchiveFormat.directory]
        switch header.compression {
        case .level(let level): write(level)
        case .algorithm(let algorithm): bytes.append(algorithm.rawValue)
        }
        let time = header.created
        for field in [time.second, time.minute, time.hour, time.day, time.month, time.year, time.isDST] {
            write(field)
        }
        write(header.database)
        write(header.serverVersion)
        write(header.dumpVersion)
    }

    mutating func write(_ entry: ArchiveEntry, version: ArchiveTOC.Version) {
        write(entry.dumpID.rawValue)
        write(entry.hasData ? 1 : 0)
        write(ArchiveText(String(entry.tableOID)))
        write(ArchiveText(String(entry.oid)))
        write(entry.tag)
        write(entry.kind.text)
        write(entry.section.rawValue)
        for text in [entry.definition, entry.dropStatement, entry.copyStatement] { write(text) }
        for text in [entry.namespace, entry.tablespace, entry.tableAccessMethod] { write(text) }
        if version >= .dump17 { write(Int32(entry.relkind)) }
        write(entry.owner)
        write("false")  // WITH OIDS, gone since 12, still in the format
        for id in entry.dependencies { write(ArchiveText(String(id.rawValue))) }
        write(nil)
        write(entry.fileName ?? "")
    }

    mutating func write(_ text: ArchiveText?) {
        guard let text else { return write(Int32(-1)) }
        write(Int32(text.bytes.count))
        bytes += text.bytes
    }

    mutating func write(_ value: Int32) {
        bytes.append(value < 0 ? 1 : 0)
        let magnitude = UInt64(value.magnitude)
        for index in 0..<intSize {
            bytes.append(UInt8(truncatingIfNeeded: magnitude >> (8 * UInt64(index))))
        }
    }
}
