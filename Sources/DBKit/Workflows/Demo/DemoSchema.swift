public import Operations
import Postgres

/// The schema that the demo lives on: the files of `migrations/`, carried in the binary.
enum DemoSchema {
    /// In the order of their versions. The generated names have lost the first digit of the version.
    private static let files = [
        PackageResources._0260101000000_assets_and_prices_sql,
        PackageResources._0260101000100_users_and_messages_sql,
        PackageResources._0260101000200_user_attempts_sql,
    ]

    /// What each file does upwards, as one script that is one transaction.
    static func upSections() throws(Failure) -> [ServerText] {
        var sections: [ServerText] = []
        for file in files {
            let text = ServerText(embedded: file).sql
            guard let up = text.firstRange(of: "-- migrate:up\n") else {
                throw Failure(.demoBroken, "a migration of the demo has no “-- migrate:up”")
            }
            let rest = text[up.upperBound...]
            let end = rest.firstRange(of: "-- migrate:down")?.lowerBound ?? rest.endIndex
            sections.append(ServerText(file: String(rest[..<end])))
        }
        return sections
    }
}

extension FailureCode {
    /// The demo's own material is not what it must be.
    public static let demoBroken = FailureCode("demo.broken", .bug)
}
