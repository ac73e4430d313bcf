import Glibc
public import Operations

/// The ways in which a repository and its files can fail.
extension FailureCode {
    public static let diskFull = FailureCode("storage.disk_full", .cannotCreate)
    public static let alreadyExists = FailureCode("storage.already_exists", .cannotCreate)
    public static let cannotCreate = FailureCode("storage.cannot_create", .cannotCreate)
    public static let fileNotFound = FailureCode("storage.not_found", .notFound)
    public static let repositoryNotFound = FailureCode("storage.repository_not_found", .notFound)
    public static let fileDenied = FailureCode("storage.denied", .authentication)
    public static let inputOutput = FailureCode("storage.io", .io)
    public static let corrupt = FailureCode("storage.corrupt", .data)
    public static let repositoryLocked = FailureCode("storage.lock_held", .busy)
}

extension Failure {
    /// A failed system call in the words of the person who has to fix it: `cannot write /b/x: No space left on device`.
    static func system(_ action: String, _ path: String, _ code: Int32 = errno) -> Failure {
        let reason = unsafe String(cString: strerror(code))
        let message = "cannot \(action) \(path): \(reason)"
        switch code {
        case ENOSPC, EDQUOT:
            return Failure(.diskFull, message, hint: "free space there, or name another place")
        case EEXIST, ENOTEMPTY: return Failure(.alreadyExists, message)
        case ENOENT: return Failure(.fileNotFound, message)
        case EACCES, EPERM:
            return Failure(
                .fileDenied, message,
                hint: "this is user \(geteuid()); repositories belong to who makes the backups: ls -ld \(path)")
        case EROFS, ENOTDIR, EISDIR: return Failure(.cannotCreate, message)
        default: return Failure(.inputOutput, message)
        }
    }
}
