import Foundation
import Operations
import Postgres

/// All of a relation that another one can have like it: the catalog's view, as one document.
struct RelationTraits: Sendable, Hashable, Decodable {
    struct Grant: Sendable, Hashable, Decodable {
        /// Nil is PUBLIC.
        var grantee: String?
        /// A key word: `SELECT`.
        var privilege: String
        var isGrantable: Bool
    }

    struct Column: Sendable, Hashable, Decodable {
        var name: String
        var type: String
        var collation: String?
        var isNotNull: Bool
        var `default`: String?
        var generated: String?
        /// `a`, `d` or nothing.
        var identity: String
        var statisticsTarget: Int
        /// `p`, `e`, `x` or `m`.
        var storage: String
        /// `p`, `l` or nothing.
        var compression: String
        /// `n_distinct=…`
        var options: [String]
        var comment: String?
        var grants: [Grant]
    }

    struct Constraint: Sendable, Hashable, Decodable {
        enum Kind: String, Sendable, Decodable {
            case check = "c"
            case foreignKey = "f"
        }

        var name: String
        var kind: Kind
        /// `CHECK ((n > 0))`
        var definition: String
        var isValid: Bool
        var isInherited: Bool
        var columns: [String]
        var comment: String?

        /// Whether it was looked at or not.
        var condition: String {
            definition.hasSuffix(" NOT VALID") ? String(definition.dropLast(" NOT VALID".count)) : definition
        }
    }

    struct Index: Sendable, Hashable, Decodable {
        var oid: Int64
        var name: String
        var isUnique: Bool
        var isPrimary: Bool
        var isValid: Bool
        /// The replica identity.
        var isIdentity: Bool
        /// The partitioned index that it is attached to.
        var parent: Int64?
        var comment: String?
        /// `PRIMARY KEY (id, at)`
        var constraint: String?
        var constraintComment: String?
        /// As its own columns are called, those behind INCLUDE too.
        var columns: [String]
        /// What stands behind the table: `USING btree (lower(v))`.
        var body: String
    }

    struct Policy: Sendable, Hashable, Decodable {
        var name: String
        /// `r`, `a`, `w`, `d` or `*`.
        var command: String
        var isPermissive: Bool
        /// A nil is PUBLIC.
        var roles: [String?]
        var using: String?
        var check: String?
        var comment: String?
    }

    /// Extended ones.
    struct Statistics: Sendable, Hashable, Decodable {
        var schema: String
        var name: String
        /// `d`, `f`, `m`, `e`.
        var kinds: [String]
        var columns: String
        var columnNames: [String]
        var hasExpressions: Bool
        var target: Int
        var comment: String?
    }

    struct Trigger: Sendable, Hashable, Decodable {
        var name: String
        var isForRows: Bool
        /// `O`, `D`, `R` or `A`.
        var enabled: String
        var isConstraint: Bool
        /// The copy of the parent's.
        var isInherited: Bool
        /// The definition around the table's name.
        var beforeTable: String
        var afterTable: String
    }

    struct Publication: Sendable, Hashable, Decodable {
        var name: String
        var columns: [String]?
        var filter: String?
    }

    var oid: Int64
    var schema: String
    var name: String
    /// `r` or `p`.
    var kind: String
    var owner: String
    /// Nil for the database's own.
    var tablespace: String?
    var accessMethod: String?
    var isUnlogged: Bool
    /// Storage parameters, those of its TOAST table with `toast.` in front. A partitioned table has none.
    var options: [String]
    var comment: String?
    var rowSecurity: Bool
    var forcesRowSecurity: Bool
    /// `d`, `n`, `f` or `i`.
    var replicaIdentity: String
    var grants: [Grant]
    var columns: [Column]
    var constraints: [Constraint]
    var indexes: [Index]
    var policies: [Policy]
    var statistics: [Statistics]
    var triggers: [Trigger]
    var publications: [Publication]

    var label: String { "\(schema).\(name)" }

    func sql() throws(PostgresError) -> SQLFragment { "\(try identifier(schema, name))" }
}

extension RelationTraits {
    /// By oid; those that are gone meanwhile are missing.
    static func read(_ relations: [Int64], in session: Session) throws -> [Int64: RelationTraits] {
        guard !relations.isEmpty else { return [:] }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var found: [Int64: RelationTraits] = [:]
        for row in try session.rows(Query(embedded: PackageResources.relation_traits_sql, binds: [relations])) {
            let document: String = try row.value("traits")
            found[try row.value("oid")] = try decoder.decode(RelationTraits.self, from: Data(document.utf8))
        }
        return found
    }

    static func read(_ relation: Int64, in session: Session) throws -> RelationTraits {
        guard let traits = try read([relation], in: session)[relation] else {
            throw Failure(.partitionTableNotFound, "the table with the oid \(relation) was dropped meanwhile")
        }
        return traits
    }
}
