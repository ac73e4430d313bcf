/// How a folder of migrations is written. Each is read where it lies, with its own tool's rules.
public enum Dialect: String, Sendable, Hashable, Codable, CaseIterable {
    /// `<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down`, and the directives of `-- dbctl:`.
    case dbctl
    case dbmate
    case golangMigrate = "golang-migrate"
    case goose
    case flyway
    case prisma
    case sqlx
    case sqitch
}
