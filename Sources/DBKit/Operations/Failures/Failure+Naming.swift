import Postgres

extension Failure {
    /// With the connection's own names where the catalogue has words to be replaced: a GRANT that can be typed as it is.
    public func naming(user: String, database: String) -> Failure {
        guard code == .databaseNoConnect, let role = try? identifier(user), let name = try? identifier(database) else {
            return self
        }
        var named = self
        named.hint = "as the database's owner: GRANT CONNECT ON DATABASE \(name.typed) TO \(role.typed)"
        return named
    }
}
