import Migrations
import Operations

/// The schema that the demo lives on: the files of `migrations/`, carried in the binary.
enum DemoSchema {
    /// As they lie in the folder. The generated names have lost the first digit of the version, so that each file's own
    /// name stands beside its bytes (`DemoSchemaTests`).
    private static let files = [
        MigrationFolder.File(
            path: "20260101000000_assets_and_prices.sql",
            bytes: PackageResources._0260101000000_assets_and_prices_sql),
        MigrationFolder.File(
            path: "20260101000100_users_and_messages.sql",
            bytes: PackageResources._0260101000100_users_and_messages_sql),
        MigrationFolder.File(
            path: "20260101000200_user_attempts.sql",
            bytes: PackageResources._0260101000200_user_attempts_sql),
    ]

    /// What `--dir migrations` would read.
    static func folder() throws(Failure) -> MigrationFolder {
        try MigrationFolder(files: files, dialect: .dbctl)
    }
}
