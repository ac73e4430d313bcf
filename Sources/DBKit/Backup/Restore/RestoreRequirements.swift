import Foundation
import Operations
import Postgres

/// What an archive needs of the server and cannot bring: roles, tablespaces, extensions (B12).
struct RestoreRequirements: Hashable {
    var roles: Set<ArchiveText> = []
    var tablespaces: Set<ArchiveText> = []
    var extensions: Set<ArchiveText> = []
    /// What the database itself has to have, for tables that are restored alone.
    var objects: [ArchiveEntry] = []

    init(of parts: [ArchiveEntry], references: RoleReferences) {
        for entry in parts { add(entry, references) }
    }

    /// - Parameters:
    ///   - references: with the role map, and no absent roles yet.
    ///   - includesDatabase: the database itself is made, with its tablespace, owner, grants and settings.
    init(of toc: ArchiveTOC, scope: RestoreRequest.Scope, references: RoleReferences, includesDatabase: Bool) {
        let selection = RestoreSelection(scope: scope)
        for entry in toc.entries {
            guard selection.takes(entry) || (includesDatabase && RestoreSelection.isAboutDatabase(entry)) else {
                continue
            }
            add(entry, references)
        }
    }

    private mutating func add(_ entry: ArchiveEntry, _ references: RoleReferences) {
        if let owner = entry.owner, !owner.isEmpty, ownership(of: entry, owner) {
            roles.insert(references.mapped(owner))
        }
        roles.formUnion(references.roles(of: entry))
        if let tablespace = entry.tablespace, !tablespace.isEmpty { tablespaces.insert(tablespace) }
        if entry.kind == .serverExtension, let name = entry.tag { extensions.insert(name) }
        if entry.kind == .database, let name = Self.tablespace(of: entry) { tablespaces.insert(name) }
    }

    /// Whether the restore gives the entry to its owner; the database itself it does at the end.
    private func ownership(of entry: ArchiveEntry, _ owner: ArchiveText) -> Bool {
        entry.kind == .database || OwnerStatement.of(entry, owner: owner) != nil
    }

    /// `CREATE DATABASE … TABLESPACE = name`.
    private static func tablespace(of database: ArchiveEntry) -> ArchiveText? {
        let tokens = DumpLexer.tokens(database.definition ?? "").filter { !$0.isBlank }
        guard let place = tokens.firstIndex(where: { $0.is("TABLESPACE") }), place + 2 < tokens.count else {
            return nil
        }
        return tokens[place + 2].name
    }

    /// What of it the server lacks.
    func missing(in session: Session, encoding: String) throws -> RestoreRequirements {
        let query = Query(
            embedded: PackageResources.restore_requirements_sql,
            binds: [Self.list(roles), Self.list(tablespaces), Self.list(extensions), encoding])
        var missing = self
        (missing.roles, missing.tablespaces, missing.extensions) = ([], [], [])
        for row in try session.rows(query) {
            let name = ArchiveText(hexadecimal: try row.value("name"))
            switch try row.value("kind", as: String.self) {
            case "role": missing.roles.insert(name)
            case "tablespace": missing.tablespaces.insert(name)
            default: missing.extensions.insert(name)
            }
        }
        return missing
    }

    /// All of it in one failure, with what to do about each; nil when nothing is missing.
    var failure: Failure? {
        let lists =
            [("role", roles), ("tablespace", tablespaces), ("extension", extensions)]
            .filter { !$0.1.isEmpty }
            .map { kind, names in (kind, names.map(\.string).sorted()) }
            + (objects.isEmpty ? [] : [("object", objects.map(\.shownName))])
        guard !lists.isEmpty else { return nil }
        var hints: [String] = []
        if !roles.isEmpty {
            hints.append(
                "create the roles (globals.sql of the set has them), or give --role-map OLD=NEW, or --no-owner")
        }
        if !tablespaces.isEmpty { hints.append("create the tablespaces (globals.sql has them)") }
        if !extensions.isEmpty { hints.append("install the extensions' packages on the server") }
        if !objects.isEmpty { hints.append("create the objects: the detail has the statements") }
        // What a person would look for first, at 3 a.m.
        let statements = objects.compactMap { $0.definition?.string.trimmingCharacters(in: .newlines) }
        return Failure(
            .restoreRequirements,
            "\(objects.isEmpty ? "the server" : "the database") lacks "
                + lists.map { kind, names in "\(kind)\(names.count == 1 ? "" : "s") \(names.joined(separator: ", "))" }
                .joined(separator: "; "),
            detail: (["Nothing was changed."] + statements).joined(separator: "\n"),
            hint: hints.joined(separator: "; ")
        )
    }

    private static func list(_ names: Set<ArchiveText>) -> [String] {
        names.map(\.hexadecimal).sorted()
    }
}
