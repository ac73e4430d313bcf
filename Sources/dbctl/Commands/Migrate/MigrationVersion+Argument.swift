public import ArgumentParser
public import DBKit

/// A version on the command line: `20260101000000`, `12`, `1.2`.
extension MigrationVersion: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }

    public static var defaultCompletionKind: CompletionKind { .migrationVersion }
}
