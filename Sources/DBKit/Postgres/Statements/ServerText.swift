/// SQL that did not arise in this program's own strings: a query file embedded at build time, what a catalog returned
/// (`pg_get_indexdef`, a type's name), a migration file, or an expression that the operator typed.
///
/// The label says where it came from, so that every such door can be found by searching for it.
public struct ServerText: Hashable, Sendable {
    public let sql: String
    /// What is sent in place of ``sql`` when that could not hold it: bytes that are not UTF-8.
    let raw: [UInt8]?

    /// A query of a `SQL/` folder, as SwiftPM embeds it.
    public init(embedded bytes: [UInt8]) {
        sql = String(decoding: bytes, as: UTF8.self)
        raw = nil
    }

    /// Text that the server itself produced as SQL: definitions, type names, quoted identifiers.
    public init(catalog text: String) {
        sql = text
        raw = nil
    }

    /// Statements from a file whose purpose is to be executed: a migration, an archive's definitions.
    public init(file text: String) {
        sql = text
        raw = nil
    }

    /// An expression given by the operator as SQL (`--where`), who could run it with psql as well.
    public init(argument text: String) {
        sql = text
        raw = nil
    }

    /// A statement of an archive, in the archive's own encoding, for a session with that `client_encoding`.
    public init(archive bytes: [UInt8]) {
        sql = String(decoding: bytes, as: UTF8.self)
        raw = sql.utf8.elementsEqual(bytes) ? nil : bytes
    }
}
