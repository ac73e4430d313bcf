import Postgres

/// A name as a person types it into psql or a shell.
func typedName(_ schema: String, _ name: String) -> String {
    (try? identifier(schema, name).typed) ?? "\(schema).\(name)"
}

extension SQLFragment {
    /// As it stands in a statement, for showing it and for `to_regclass`.
    var text: String { Query("\(self)").text }
}
