import Foundation
import Postgres

extension CatalogFacts {
    /// Reads what the statements need, in a few queries that write nothing and take no lock beyond a moment's ACCESS
    /// SHARE for sizes. The search path must be the one that the statements will run with.
    static func read(for names: StatementNames, in session: Session) throws -> CatalogFacts {
        var facts = CatalogFacts(version: session.serverVersion)
        try facts.readSession(session)
        let relations = try names.allRelations.map { name throws in try name.quoted }
        let domains = try names.domains.map { name throws in try name.quoted }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let found = try session.rows(
            Query(embedded: PackageResources.plan_relations_sql, binds: [relations.sorted(), domains.sorted()]))
        for row in found {
            let document: String = try row.value("document")
            let relation = try decoder.decode(RelationFacts.self, from: Data(document.utf8))
            facts.relations[relation.oid] = relation
        }
        try facts.readTypes(names, session)
        try facts.readFunctions(names, session)
        return facts
    }

    private mutating func readSession(_ session: Session) throws {
        let row = try session.row(Query(embedded: PackageResources.plan_session_sql))
        creationSchema = try row.value("creation_schema")
        searchPath = try row.value("search_path")
        isUTC = try row.value("is_utc")
        databaseTablespace = try row.value("database_tablespace_name")
        accessMethod = try row.value("access_method")
        let casts: [String] = try row.value("binary_casts")
        binaryCasts = Set(casts.map { $0.split(separator: " ").compactMap { Int($0) } })
        for text in try row.value("default_classes", as: [String].self) {
            let parts = text.split(separator: " ").compactMap { Int($0) }
            if parts.count == 3 { defaultClasses[[parts[0], parts[1]]] = parts[2] }
        }
    }

    private mutating func readTypes(_ names: StatementNames, _ session: Session) throws {
        let lookups = try names.types.union(names.domains.map { name throws in try name.quoted })
        guard !lookups.isEmpty else { return }
        for row in try session.rows(Query(embedded: PackageResources.plan_types_sql, binds: [lookups.sorted()])) {
            types[try row.value("name")] = TypeFacts(
                oid: try row.value("oid"), base: try row.value("base"), modifier: try row.value("modifier"),
                isChecked: try row.value("is_checked"), hasDefault: try row.value("has_default"),
                isDomain: try row.value("is_domain"))
        }
    }

    private mutating func readFunctions(_ names: StatementNames, _ session: Session) throws {
        guard !names.functions.isEmpty else { return }
        let list = names.functions.sorted { ($0.schema ?? "", $0.name) < ($1.schema ?? "", $1.name) }
        let binds: [any PostgresEncodable] = [list.map { $0.schema ?? "" }, list.map(\.name)]
        for row in try session.rows(Query(embedded: PackageResources.plan_functions_sql, binds: binds)) {
            let schema: String = try row.value("schema_name")
            let name = RelationName(schema.isEmpty ? nil : schema, try row.value("function_name"))
            let least: Int = try row.value("least")
            let most: Int = try row.value("most")
            functions[name, default: []].append(
                Function(
                    volatility: Function.Volatility(rawValue: try row.value("volatility")) ?? .volatile,
                    isBuiltIn: try row.value("is_builtin"), arguments: least...max(least, most)))
        }
    }
}
