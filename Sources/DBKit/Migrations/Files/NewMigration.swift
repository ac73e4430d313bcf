public import Foundation
public import Operations

/// `dbctl migrate new NAME`: an empty migration in a folder's own way of writing.
public struct NewMigration: Sendable, Hashable, Encodable {
    /// From the folder on, each with what stands in it.
    public struct File: Sendable, Hashable, Encodable {
        public var path: String
        public var content: String

        enum CodingKeys: CodingKey { case path }
    }

    public var version: String
    public var files: [File]

    /// - Parameters:
    ///   - name: What the migration does, in words.
    ///   - folder: What is there already: its dialect, how it counts, and whether `up` and `down` are files of their own.
    /// - Throws: `usage` for a name without a letter or digit, and for a dialect whose own tool must write its plan.
    public init(_ name: String, in folder: MigrationFolder, now: Date) throws(Failure) {
        let words = name.lowercased().split { !($0.isLetter || $0.isNumber) }.joined(separator: "_")
        guard !words.isEmpty, words.utf8.count <= 200 else {
            throw Failure(.migrationName, "\"\(name)\" says nothing", hint: "dbctl migrate new add_email_to_users")
        }
        version = Self.next(after: folder.versioned.last?.version, now: now)
        let stem = "\(version)_\(words)"
        files =
            switch folder.dialect {
            case .dbctl, .dbmate: [File(path: "\(stem).sql", content: "-- migrate:up\n\n\n-- migrate:down\n\n")]
            case .sqlx where folder.hasOnlyPlainFiles: [File(path: "\(stem).sql", content: "")]
            case .golangMigrate, .sqlx:
                [File(path: "\(stem).up.sql", content: ""), File(path: "\(stem).down.sql", content: "")]
            case .goose: [File(path: "\(stem).sql", content: "-- +goose Up\n\n\n-- +goose Down\n\n")]
            case .flyway: [File(path: "V\(version)__\(words).sql", content: "")]
            case .prisma: [File(path: "\(stem)/migration.sql", content: "")]
            case .sqitch: throw Failure(.migrationName, "sqitch keeps a plan of its own", hint: "sqitch add \(words)")
            }
    }

    /// The time of day in UTC, or one more than the latest where a folder counts.
    private static func next(after latest: MigrationVersion?, now: Date) -> String {
        let stamp = now.formatted(
            Date.VerbatimFormatStyle(
                format:
                    "\(year: .padded(4))\(month: .twoDigits)\(day: .twoDigits)\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)",
                timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
        guard let latest, let number = UInt64(latest.text) else { return stamp }
        // Fewer digits than a day has is a counter; a time stamp from tomorrow is one, too.
        guard latest.text.utf8.count < 8 || latest >= (MigrationVersion(stamp) ?? latest) else { return stamp }
        let next = String(number + 1)
        return String(repeating: "0", count: max(0, latest.text.utf8.count - next.utf8.count)) + next
    }
}

extension MigrationFolder {
    /// sqlx has two kinds of migrations and wants one kind in a folder; without an example the kind that can be undone.
    fileprivate var hasOnlyPlainFiles: Bool {
        !versioned.isEmpty && versioned.allSatisfy { !$0.up.path.hasSuffix(".up.sql") }
    }
}

extension FailureCode {
    static let migrationName = FailureCode("migrate.name", .usage)
}
