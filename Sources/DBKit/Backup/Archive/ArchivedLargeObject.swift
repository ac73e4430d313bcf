/// A large object as an archive describes it; its contents lie in `blob_OID.dat`.
public struct ArchivedLargeObject: Sendable, Hashable {
    public var oid: UInt32
    public var owner: ArchiveText
    /// The GRANT and REVOKE statements that give the object its ACL, naming it as `LARGE OBJECT <oid>`; nil for the
    /// default ACL.
    public var grants: ArchiveText?
    public var comment: ArchiveText?

    public init(oid: UInt32, owner: ArchiveText, grants: ArchiveText? = nil, comment: ArchiveText? = nil) {
        (self.oid, self.owner, self.grants, self.comment) = (oid, owner, grants, comment)
    }

    var tag: ArchiveText { ArchiveText(String(oid)) }

    /// `pg_dump`'s bound on what one entry creates, so that no restore needs a lock for each of a million objects.
    static let largestGroup = 1000

    /// In runs of one owner and one ACL. An ACL names its object, so only those without one can share an entry.
    static func groups(of objects: [ArchivedLargeObject]) -> [[ArchivedLargeObject]] {
        var groups: [[ArchivedLargeObject]] = []
        for object in objects.sorted(by: { ($0.owner.string, $0.oid) < ($1.owner.string, $1.oid) }) {
            let last = groups.indices.last
            if let last, let first = groups[last].first, groups[last].count < largestGroup,
                first.owner == object.owner, first.grants == nil, object.grants == nil
            {
                groups[last].append(object)
            } else {
                groups.append([object])
            }
        }
        return groups
    }

    /// `16400`, or `16400..16402`.
    static func tag(of group: [ArchivedLargeObject]) -> ArchiveText {
        guard let first = group.first, let last = group.last, group.count > 1 else { return group.first?.tag ?? "" }
        return first.tag + ".." + last.tag
    }

    func commentEntry(newID: @autoclosure () -> DumpID, of parent: DumpID) -> [ArchiveEntry] {
        guard let comment else { return [] }
        return [
            ArchiveEntry(
                dumpID: newID(), tag: "LARGE OBJECT " + tag, kind: .comment, section: .none,
                definition: "COMMENT ON LARGE OBJECT " + tag + " IS " + comment.quotedLiteral + ";\n", owner: owner,
                dependencies: [parent])
        ]
    }

    func grantEntry(newID: @autoclosure () -> DumpID, of parent: DumpID, tag: ArchiveText) -> [ArchiveEntry] {
        guard let grants else { return [] }
        return [
            ArchiveEntry(
                dumpID: newID(), tag: tag, kind: .acl, section: .none, definition: grants, owner: owner,
                dependencies: [parent])
        ]
    }
}

/// A `blobs.toc`: which large objects an entry loads, and from which files.
public struct LargeObjectIndex: Sendable, Hashable {
    public var fileName: String
    public var objects: [UInt32]

    public init(fileName: String, objects: [UInt32]) {
        (self.fileName, self.objects) = (fileName, objects)
    }

    /// The file's text.
    public var text: String {
        objects.map { "\($0) \(Self.dataFileName(of: $0))\n" }.joined()
    }

    /// Without a compression suffix.
    public static func dataFileName(of oid: UInt32) -> String { "blob_\(oid).dat" }
}
