extension Migration {
    /// Where what undoes it is to be written, in the words of its dialect, and what to type afterwards.
    var downHint: String {
        let marker: String
        switch dialect {
        case .dbctl, .dbmate: marker = "-- migrate:down"
        case .goose: marker = "-- +goose Down"
        case .golangMigrate, .sqlx, .flyway, .prisma, .sqitch:
            // The checksum is that of the other file: nothing has to be accepted.
            return "write a migration that undoes it; or write what undoes it into \(downPath), and run this again"
        }
        // With it the text of the file changes.
        return "write a migration that undoes it; or add \(marker) with what undoes it to \(up.path), and "
            + "dbctl migrate rebless \(key)"
    }

    /// The file that undoes it, from the folder on, where that is a file of its own.
    private var downPath: String {
        if let down { return down.path }
        let (folder, file) = Self.split(up.path)
        switch dialect {
        case .prisma: return folder + PrismaReader.downName
        case .flyway: return folder + "U" + file.dropFirst()
        case .sqitch: return "revert/" + up.path.split(separator: "/").dropFirst().joined(separator: "/")
        default:
            let stem = file.hasSuffix(".up.sql") ? file.dropLast(".up.sql".count) : file.dropLast(".sql".count)
            return "\(folder)\(stem).down.sql"
        }
    }

    private static func split(_ path: String) -> (folder: Substring, file: Substring) {
        let file = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        return (path[..<file.startIndex], file)
    }
}
