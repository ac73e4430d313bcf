/// What went wrong, in the one form that every room above `Postgres` throws and every output format shows.
///
/// A failure is written for a tired person: `message` says what failed, on what and why; `detail` says which
/// state things were left in; `hint` says what to type next. It never contains a password or a bound value.
public struct Failure: Error, Sendable, Hashable {
    /// Which kind of trouble it is; `dbctl` maps each to one exit code.
    public enum Category: String, Sendable, Codable, CaseIterable {
        /// The command line is wrong.
        case usage
        /// The answer to the question that was asked is "no".
        case negative
        /// Input data is malformed, corrupt or was edited.
        case data
        /// The named file, backup or run does not exist.
        case notFound = "not_found"
        /// The server or the repository cannot be reached.
        case unavailable
        /// A bug in dbctl.
        case bug
        /// Output cannot be created: disk full, already there, target not empty.
        case cannotCreate = "cannot_create"
        /// Reading or writing failed.
        case io
        /// A lock is held by somebody else; nothing was changed.
        case busy
        /// The server refused a statement; the work was rolled back.
        case refused
        /// Authentication or permission.
        case authentication
        /// Configuration, or something that the machine lacks.
        case configuration
        /// A guard refused; the message names the flag that overrides it.
        case guarded
        /// Part of the work is done and recorded; the same command resumes it.
        case partial
        /// SIGINT or task cancellation.
        case interrupted
        /// SIGTERM.
        case terminated
    }

    /// Stable, listed in the catalogue, e.g. `connect.refused`.
    public var code: FailureCode
    /// Where the code stands in the exit-code table. Usually the catalogue's, but a caller may know better.
    public var category: Category
    /// SQLSTATE, when a server said one.
    public var sqlState: String?
    public var message: String
    public var detail: String?
    public var hint: String?

    public init(
        _ code: FailureCode,
        _ message: String,
        detail: String? = nil,
        hint: String? = nil,
        sqlState: String? = nil,
        category: Category? = nil
    ) {
        self.code = code
        self.category = category ?? code.category
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
    }
}

extension Failure: CustomStringConvertible {
    public var description: String {
        [
            "\(code.name)\(sqlState.map { " [\($0)]" } ?? ""): \(message)", detail.map { "detail: \($0)" },
            hint.map { "hint: \($0)" },
        ].compactMap { $0 }.joined(separator: "\n")
    }
}

extension Failure {
    /// Says one thing more about the state that things were left in.
    public mutating func add(detail more: String) {
        detail = [detail, more].compactMap { $0 }.joined(separator: "\n")
    }
}
