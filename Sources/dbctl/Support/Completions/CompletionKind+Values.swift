import ArgumentParser
import DBKit
import Foundation
import Synchronization

/// What can follow an option, or stand in the place of an argument. Run ids, and names of what only the server has, are
/// not offered: to know them is to connect.
extension CompletionKind {
    /// What the verb offers, and no more than that.
    static var outputFormat: CompletionKind {
        .found { scene in
            OutputFormat.allCases.filter { scene.verb?.formats.contains($0) ?? true }.map(\.rawValue)
        }
    }

    static var target: CompletionKind { .found { $0.configuration?.targets.names ?? [] } }
    static var feed: CompletionKind { .found { $0.configuration?.feeds.names ?? [] } }
    static var configurationFile: CompletionKind { .file(extensions: ["yaml", "yml"]) }

    /// A table that the configuration names under one of these sections.
    static func table(of sections: String...) -> CompletionKind {
        .found { scene in
            var seen: Set<String> = []
            return sections.flatMap { scene.tables(of: $0) }.filter { seen.insert($0).inserted }
        }
    }

    /// Names of sets, of one database where `--database` says which.
    static var backupSet: CompletionKind {
        .found { scene in
            let database = scene.value(of: "--database")
            return scene.sets.filter { database == nil || $0.database == database }.map(\.name.text)
        }
    }

    /// A database that the repository has sets of.
    static var databaseOfSets: CompletionKind { .found { Set($0.sets.map(\.database)).sorted() } }

    static var migrationVersion: CompletionKind { .found(\.versions) }
    static var timeZone: CompletionKind { .found { _ in TimeZone.knownTimeZoneIdentifiers } }
    static var errorCode: CompletionKind { .list(FailureCatalogue.entries.map(\.code.name)) }
    static var compression: CompletionKind { .list(["zstd", "gzip", "none"]) }
    /// Found and not listed: fish cuts a list at its blanks.
    static var calendarStep: CompletionKind {
        .found { _ in ["1 hour", "1 day", "1 week", "1 month", "1 quarter", "1 year"] }
    }

    /// Longer than this nobody waits for a list, and a folder may lie on a server that is gone.
    private static let patience = 1.0

    private static func found(_ names: @escaping @Sendable (CompletionScene) -> [String]) -> CompletionKind {
        .custom { words, _, _ in
            let scene = CompletionScene(words: words, environment: ProcessInfo.processInfo.environment)
            return within(patience) { names(scene) }
        }
    }

    /// What `body` finds in time, else nothing; the process ends without waiting for it.
    private static func within(_ seconds: Double, _ body: @escaping @Sendable () -> [String]) -> [String] {
        let answer = Answer()
        let reader = Thread {
            let names = body()
            answer.names.withLock { $0 = names }
            answer.isThere.signal()
        }
        reader.start()
        guard answer.isThere.wait(timeout: .now() + seconds) == .success else { return [] }
        return answer.names.withLock { $0 }
    }

    private final class Answer: Sendable {
        let names = Mutex<[String]>([])
        let isThere = DispatchSemaphore(value: 0)
    }
}
