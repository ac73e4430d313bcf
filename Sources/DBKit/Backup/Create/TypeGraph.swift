import Operations
import Postgres

/// The types that columns are made of, and what may be done with their binary form. Pure.
///
/// A binary COPY is faster and smaller, but some types lose something in it without an error: so binary is for an
/// allow-list, and everything unknown travels as text.
struct TypeGraph: Sendable, Hashable {
    struct Node: Sendable, Hashable {
        enum Kind: String, Sendable, Hashable {
            case base = "b"
            case composite = "c"
            case domain = "d"
            case enumeration = "e"
            case multirange = "m"
            case pseudo = "p"
            case range = "r"
        }

        var name: String
        var schema: String
        var kind: Kind
        var isArray = false
        var hasBinaryForm = true
        /// The extension that the type belongs to.
        var ownedBy: String?
        /// Element, base, subtype or attribute types.
        var parts: [UInt32] = []
    }

    private let nodes: [UInt32: Node]

    init(_ nodes: [UInt32: Node]) {
        self.nodes = nodes
    }

    /// Whether values of the type survive a binary COPY out of one database and into another.
    func travelsInBinary(_ type: UInt32) -> Bool {
        guard let node = nodes[type], node.hasBinaryForm else { return false }
        if node.schema == "pg_catalog" {
            if Self.builtIn.contains(node.name) { return true }
            guard node.isArray || node.kind == .range || node.kind == .multirange else { return false }
            return !node.parts.isEmpty && node.parts.allSatisfy(travelsInBinary)
        }
        if let owner = node.ownedBy, !node.isArray, node.kind == .base {
            return Self.provedExtensions[owner]?.contains(node.name) ?? false
        }
        if node.kind == .enumeration { return true }
        if node.kind == .base, !node.isArray { return false }
        return node.parts.allSatisfy(travelsInBinary)
    }

    /// Whether the binary form carries the OID of a user's type, which another database numbers otherwise: arrays name
    /// their element's type, composites the types of their attributes.
    func carriesOIDs(_ type: UInt32) -> Bool {
        guard let node = nodes[type] else { return true }
        if node.isArray || node.kind == .composite, node.parts.contains(where: { $0 >= Self.firstUserOID }) {
            return true
        }
        return node.parts.contains(where: carriesOIDs)
    }

    /// Whether an enum is in it, at any depth: the hash of an enum depends on OIDs.
    func involvesEnum(_ type: UInt32) -> Bool {
        if type == Self.anyEnum { return true }
        guard let node = nodes[type] else { return false }
        return node.kind == .enumeration || node.parts.contains(where: involvesEnum)
    }

    /// FirstNormalObjectId of PostgreSQL's access/transam.h.
    private static let firstUserOID: UInt32 = 16384
    /// The input type of `enum_ops`, by which a hash key that is an expression over an enum is known.
    private static let anyEnum: UInt32 = 3500

    /// Built-in types whose binary form says all that the text form says. Not here, on purpose: `reg*` (the binary form
    /// is a bare OID, which means something else in another database), `xml` (its declaration is lost), `aclitem` (no
    /// binary form), and whatever a later version adds.
    private static let builtIn: Set<String> = [
        "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "money", "oid", "xid", "xid8", "cid", "tid",
        "int2vector", "oidvector", "text", "varchar", "bpchar", "char", "name", "bytea", "bit", "varbit", "uuid",
        "json",
        "jsonb", "jsonpath", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "inet", "cidr",
        "macaddr",
        "macaddr8", "point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery", "pg_lsn",
        "txid_snapshot", "pg_snapshot", "refcursor",
    ]

    /// Extension types that BinaryRoundTripTests sends through a backup and back on every version.
    private static let provedExtensions: [String: Set<String>] = ["citext": ["citext"], "hstore": ["hstore"]]
}

extension TypeGraph {
    static func read(_ session: Session) throws -> TypeGraph {
        var nodes: [UInt32: Node] = [:]
        for row in try session.rows(Query(embedded: PackageResources.types_sql)) {
            let kind: String = try row.value("kind")
            nodes[try row.value("oid")] = Node(
                name: try row.value("name"),
                schema: try row.value("schema"),
                kind: Node.Kind(rawValue: kind) ?? .pseudo,
                isArray: try row.value("is_array"),
                hasBinaryForm: try row.value("has_binary_form"),
                ownedBy: try row.value("extension"),
                parts: try row.value("parts"))
        }
        return TypeGraph(nodes)
    }
}
