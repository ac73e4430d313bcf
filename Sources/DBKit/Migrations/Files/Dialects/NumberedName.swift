/// `<version>_<name>`: how most tools name a migration.
struct NumberedName {
    let version: MigrationVersion
    /// What follows the version and its separator.
    let name: String

    /// - Throws: what is wrong with the name of `path`, of which `stem` is the part to be read.
    init(_ stem: Substring, of path: String) throws(FileProblem) {
        let digits = stem.prefix { $0.isASCII && $0.isNumber }
        let rest = stem.dropFirst(digits.count)
        guard let version = MigrationVersion(String(digits)) else {
            throw FileProblem(
                path, "the name does not begin with a version",
                hint: "name it <version>_<name>, as in 20260131120000_users.sql; other files belong elsewhere")
        }
        // 1.2_a.sql beside 1.3_b.sql would both be version 1.
        if rest.first == ".", rest.dropFirst().first?.isNumber == true {
            throw FileProblem(
                path, "the version is \(digits), and what follows it is another number",
                hint: "versions with dots are Flyway's: V\(digits)\(rest.prefix { $0.isNumber || $0 == "." })__name.sql"
            )
        }
        self.version = version
        name = String(rest.drop { $0 == "_" || $0 == "-" })
    }
}
