public import Operations

extension FailureCode {
    /// No server programs of the wanted major version, or no account to run them.
    public static let sandboxNoServer = FailureCode("sandbox.no_server", .configuration)
    /// The sandbox's name, folder or settings cannot be used.
    public static let sandboxOptions = FailureCode("sandbox.options", .usage)
    /// A sandbox of this name is there already.
    public static let sandboxExists = FailureCode("sandbox.exists", .cannotCreate)
    /// No sandbox of this name is there.
    public static let sandboxNotFound = FailureCode("sandbox.not_found", .notFound)
    /// The command that was to run on the sandbox does not exist.
    public static let sandboxCommand = FailureCode("sandbox.command", .notFound)
    /// The server was set up and did not start, or a program of it failed.
    public static let sandboxStart = FailureCode("sandbox.start", .io)
}
