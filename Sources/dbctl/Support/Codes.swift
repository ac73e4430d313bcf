import DBKit

/// How the command line and the configuration fail.
extension FailureCode {
    static let usage = FailureCode("usage.arguments", .usage)
    /// `--database-url`; one of the environment or of dbctl.yaml is ``connectionURL``.
    static let usageURL = FailureCode("usage.database_url", .usage)
    static let format = FailureCode("usage.format", .usage)
    static let configurationSyntax = FailureCode("config.syntax", .configuration)
    static let configurationKey = FailureCode("config.unknown_key", .configuration)
    static let configurationDuplicate = FailureCode("config.duplicate_key", .configuration)
    static let configurationType = FailureCode("config.type", .configuration)
    static let configurationMissing = FailureCode("config.missing", .configuration)
    static let configurationVariable = FailureCode("config.missing_variable", .configuration)
    static let configurationTarget = FailureCode("config.unknown_target", .configuration)
    static let configurationFeed = FailureCode("config.unknown_feed", .configuration)
    /// Two keys of a feed that cannot both be meant.
    static let configurationContradiction = FailureCode("config.feed", .configuration)
    static let environmentFile = FailureCode("config.env_file", .configuration)
    static let connectionURL = FailureCode("config.url", .configuration)
    static let fileMissing = FailureCode("file.missing", .notFound)
    static let fileUnreadable = FailureCode("file.unreadable", .io)
    static let fileExists = FailureCode("file.exists", .cannotCreate)
    static let outputFailed = FailureCode("output.failed", .io)
    static let fileNotCreated = FailureCode("file.not_created", .cannotCreate)
    static let runNotFound = FailureCode("history.no_such_run", .notFound)
    static let historyUnreadable = FailureCode("history.not_readable", .authentication)
    static let unknownCode = FailureCode("explain.unknown_code", .notFound)
    static let notConfirmed = FailureCode("confirm.declined", .guarded)
    static let terminated = FailureCode("run.terminated", .terminated)
}
