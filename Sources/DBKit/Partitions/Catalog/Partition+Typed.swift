import Operations
import Postgres

extension PartitionedTable {
    /// For commands that somebody copies.
    var typed: String { (try? identifier(schema, name).typed) ?? label }

    /// The same as a word of a shell.
    var quoted: String { ShellWord.quoted(typed) }
}

extension SQLFragment {
    /// As it would be typed.
    var statement: String { ("\(self)" as Query).text }
}

extension Partition {
    var typed: String { (try? identifier(schema, name).typed) ?? label }

    /// Of its rows alone.
    func sizeBytes(in session: Session) throws -> Int64 {
        try session.row("SELECT pg_catalog.pg_relation_size(\(oid)::bigint::oid)::bigint AS bytes").value("bytes")
    }
}
