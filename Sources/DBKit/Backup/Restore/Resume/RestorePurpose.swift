import Operations
import Storage

/// What a restore is about, as far as one that goes on with it must have the same in mind: the archive, and every option
/// that changes what is made of it. How many workers there are, for one, does not.
struct RestorePurpose: Sendable, Hashable {
    /// By name, in the words of the command line; plain ASCII, for a journal is written in any encoding.
    let values: [String: String]
    private static let set = "set"
    private static let archive = "archive"

    init(_ request: RestoreRequest, _ folder: ArchiveFolder) throws(Failure) {
        values = [
            Self.set: folder.manifest?.set ?? "", Self.archive: try folder.fingerprint(),
            "--schema-only": "\(request.scope == .schemaOnly)", "--no-owner": "\(request.skipsOwners)",
            "--role-map": request.roleMap.map { "\($0)=\($1)" }.sorted().map { ArchiveText($0).hexadecimal }
                .joined(separator: " "),
        ]
    }

    init(values: [String: String]) {
        self.values = values
    }

    var shownSource: String {
        values[Self.set]?.nilIfEmpty ?? "the archive with the digest \(values[Self.archive]?.prefix(12) ?? "")"
    }

    /// What a journal has of another set, or of other options.
    ///
    /// - Parameter isTemporary: the database is one that a restore without `--resume` replaces by its own.
    func refuse(_ journal: RestorePurpose, in database: String, isTemporary: Bool) throws(Failure) {
        let names = Set(values.keys).union(journal.values.keys).filter { values[$0] != journal.values[$0] }
        guard !names.isEmpty else { return }
        let again =
            isTemporary ? "leave out --resume to begin again" : "drop and create the database to begin again"
        guard names.isDisjoint(with: [Self.set, Self.archive]) else {
            throw Failure(
                .restoreResumeDiffers,
                "the interrupted restore in \(database) is of \(journal.shownSource), not of \(shownSource)",
                detail: "Nothing was changed.", hint: "name that set to go on with it, or \(again)")
        }
        let differences = names.sorted().map { name in
            let then = journal.values[name] ?? ""
            return ["true", "false"].contains(then)
                ? "\(then == "true" ? "with" : "without") \(name)" : "another \(name)"
        }
        throw Failure(
            .restoreResumeDiffers,
            "the interrupted restore in \(database) was begun \(differences.joined(separator: ", "))",
            detail: "Nothing was changed.", hint: "give the same options to go on with it, or \(again)")
    }
}

extension ArchiveFolder {
    /// Tells this archive from all others: a set's manifest has the digests of everything else.
    func fingerprint() throws(Failure) -> String {
        let name = manifest == nil ? "toc.dat" : ManifestFile.name
        return Digest.hex(try InputFile(opening: "\(path)/\(name)").readAll())
    }
}
