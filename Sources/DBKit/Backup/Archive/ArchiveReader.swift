public import Operations

extension FailureCode {
    /// A `toc.dat` that is not what `pg_dump` or dbctl wrote.
    public static let archiveMalformed = FailureCode("backup.archive_malformed", .data)
    /// A `toc.dat` in a version that dbctl does not know.
    public static let archiveUnsupported = FailureCode("backup.archive_unsupported", .data)
}

extension ArchiveTOC {
    /// Reads a `toc.dat`.
    ///
    /// Strict: what it accepts, ``serialized()`` writes back byte for byte. Lengths and counts in the file are never
    /// believed: nothing is allocated for bytes that are not there.
    ///
    /// - Throws: a ``Failure`` (`backup.archive_malformed`, `backup.archive_unsupported`) naming the byte offset.
    public init(parsing file: [UInt8]) throws(Failure) {
        var reader = ArchiveReader(file: file)
        header = try reader.header()
        entries = try reader.entries(of: header.version)
    }
}

/// Cursor over the bytes of a `toc.dat`. Integers are a sign byte and a magnitude, little end first; strings an
/// integer length, -1 for none, and bytes.
private struct ArchiveReader {
    let file: [UInt8]
    var offset = 0
    var intSize = 4

    mutating func header() throws(Failure) -> ArchiveTOC.Header {
        guard try take(5).elementsEqual("PGDMP".utf8) else {
            throw malformed("it does not begin with PGDMP", at: 0)
        }
        let (major, minor, revision) = (try byte(), try byte(), try byte())
        guard major == 1, revision == 0, let version = ArchiveTOC.Version(rawValue: minor) else {
            throw Failure(
                .archiveUnsupported,
                "the archive has version \(major).\(minor)-\(revision); dbctl reads 1.14, 1.15 and 1.16",
                hint:
                    "restore it with the pg_restore of the version that made it; archives of pg_dump 12 to 18 are readable"
            )
        }
        let size = try byte()
        guard (1...8).contains(size) else { throw malformed("integers of \(size) bytes", at: offset - 1) }
        intSize = Int(size)
        let offsetSize = try byte()
        let format = try byte()
        guard format == ArchiveFormat.directory else {
            throw malformed("format \(format) where a directory archive has 3", at: offset - 1)
        }
        return ArchiveTOC.Header(
            version: version,
            intSize: size,
            offsetSize: offsetSize,
            compression: try compression(of: version),
            created: ArchiveTOC.CreationTime(
                second: try integer(), minute: try integer(), hour: try integer(), day: try integer(),
                month: try integer(), year: try integer(), isDST: try integer()),
            database: try text(),
            serverVersion: try text(),
            dumpVersion: try text()
        )
    }

    mutating func compression(of version: ArchiveTOC.Version) throws(Failure) -> ArchiveTOC.Compression {
        guard version >= .dump16 else { return .level(try integer()) }
        guard let algorithm = ArchiveTOC.Compression.Algorithm(rawValue: try byte()) else {
            throw malformed("unknown compression \(file[offset - 1])", at: offset - 1)
        }
        return .algorithm(algorithm)
    }

    mutating func entries(of version: ArchiveTOC.Version) throws(Failure) -> [ArchiveEntry] {
        let start = offset
        let count = try integer()
        guard count >= 0 else { throw malformed("\(count) entries", at: start) }
        var entries: [ArchiveEntry] = []
        var seen: Set<DumpID> = []
        for _ in 0..<count {
            let start = offset
            let entry = try entry(of: version)
            guard seen.insert(entry.dumpID).inserted else {
                throw malformed("entry \(entry.dumpID.rawValue) is there twice", at: start)
            }
            entries.append(entry)
        }
        guard offset == file.count else { throw malformed("bytes after the last entry", at: offset) }
        return entries
    }

    mutating func entry(of version: ArchiveTOC.Version) throws(Failure) -> ArchiveEntry {
        let start = offset
        let id = try integer()
        guard id > 0 else { throw malformed("entry number \(id)", at: start) }
        let hasData = try flag()
        let (tableOID, oid) = (try oid(), try oid())
        let tag = try text()
        let kind = ArchiveEntry.Kind(try requiredText("description"))
        let sectionStart = offset
        guard let section = ArchiveEntry.Section(rawValue: try integer()) else {
            throw malformed("unknown section", at: sectionStart)
        }
        let (definition, drop, copy) = (try text(), try text(), try text())
        let (namespace, tablespace, accessMethod) = (try text(), try text(), try text())
        let relkind = version >= .dump17 ? try relkind() : 0
        let owner = try text()
        let oidsStart = offset
        guard try text() == "false" else { throw malformed("a table WITH OIDS", at: oidsStart) }
        let dependencies = try dependencies()
        let fileName = try requiredText("file name")
        return ArchiveEntry(
            dumpID: DumpID(rawValue: id), hasData: hasData, tableOID: tableOID, oid: oid, tag: tag, kind: kind,
            section: section, definition: definition, dropStatement: drop, copyStatement: copy, namespace: namespace,
            tablespace: tablespace, tableAccessMethod: accessMethod, relkind: relkind, owner: owner,
            dependencies: dependencies, fileName: fileName.isEmpty ? nil : fileName)
    }

    mutating func dependencies() throws(Failure) -> [DumpID] {
        var found: [DumpID] = []
        while true {
            let start = offset
            guard let text = try text() else { return found }
            guard let id = Int32(text.string), String(id) == text.string else {
                throw malformed("a dependency that is no number", at: start)
            }
            found.append(DumpID(rawValue: id))
        }
    }

    mutating func oid() throws(Failure) -> UInt32 {
        let start = offset
        let text = try requiredText("OID").string
        // The comparison refuses "007" and "+7", which would be written back differently.
        guard let oid = UInt32(text), String(oid) == text else {
            throw malformed("an OID that is no number", at: start)
        }
        return oid
    }

    mutating func relkind() throws(Failure) -> UInt8 {
        let start = offset
        guard let kind = UInt8(exactly: try integer()) else { throw malformed("unknown relkind", at: start) }
        return kind
    }

    mutating func flag() throws(Failure) -> Bool {
        let start = offset
        switch try integer() {
        case 0: return false
        case 1: return true
        default: throw malformed("a flag that is neither 0 nor 1", at: start)
        }
    }

    mutating func requiredText(_ what: String) throws(Failure) -> ArchiveText {
        let start = offset
        guard let text = try text() else { throw malformed("an entry without \(what)", at: start) }
        return text
    }

    mutating func text() throws(Failure) -> ArchiveText? {
        let start = offset
        let length = try integer()
        guard length != -1 else { return nil }
        guard length >= 0 else { throw malformed("a string of length \(length)", at: start) }
        let bytes = try take(Int(length))
        // pg_restore would stop reading at a NUL; so SQL behind one would run here and not there.
        guard !bytes.contains(0) else { throw malformed("a NUL inside a string", at: start) }
        return ArchiveText(bytes: Array(bytes))
    }

    mutating func integer() throws(Failure) -> Int32 {
        let start = offset
        let sign = try byte()
        var magnitude: UInt64 = 0
        for (index, byte) in try take(intSize).enumerated() {
            magnitude |= UInt64(byte) << (8 * UInt64(index))
        }
        guard sign <= 1, magnitude <= UInt64(Int32.max), !(sign == 1 && magnitude == 0) else {
            throw malformed("an impossible integer", at: start)
        }
        return sign == 1 ? -Int32(magnitude) : Int32(magnitude)
    }

    mutating func byte() throws(Failure) -> UInt8 {
        try take(1).first ?? 0
    }

    mutating func take(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard count <= file.count - offset else {
            throw malformed("it ends \(count - (file.count - offset)) bytes early", at: offset)
        }
        defer { offset += count }
        return file[offset..<offset + count]
    }

    func malformed(_ what: String, at offset: Int) -> Failure {
        Failure(
            .archiveMalformed,
            "toc.dat is damaged at byte \(offset) of \(file.count): \(what)",
            hint: "check it with dbctl backup verify SET, and restore another set"
        )
    }
}
