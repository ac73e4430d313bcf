import Operations
import Postgres

extension Session {
    /// Keeps a name for the table that has it, until the transaction ends. In the way of nobody who reads or writes.
    ///
    /// - Parameter name: Schema and name, quoted.
    /// - Returns: Whether it is the table of that oid.
    func hold(_ name: ServerText, oid: Int64) throws -> Bool {
        try execute("LOCK TABLE ONLY \(name) IN ROW EXCLUSIVE MODE")
        return try row("SELECT \(try literal(name.sql))::regclass::oid = \(oid)::bigint::oid AS same").value("same")
    }
}
