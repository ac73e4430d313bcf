public import Operations
import Storage

/// The files of a feed, in the order in which they are read.
public struct FeedFiles: Sendable, Hashable {
    /// As messages and reports name them.
    public let names: [String]
    /// There is one, and it is what is piped in.
    public let isStandardInput: Bool

    /// What standard input is called on a command line.
    public static let standardInput = "-"
    /// And what it is called in a message.
    static let pipedIn = "standard input"
    /// What a refresh leaves beside a file is no feed, though the file's own pattern often matches it.
    static let leftovers = [".rejected.csv", ".quarantine.csv"]

    /// - Parameter arguments: Names, patterns (expanded here, sorted), or `-` alone.
    /// - Throws: `refresh.files`; `storage.not_found` where nothing has that name.
    public init(_ arguments: [String]) throws(Failure) {
        guard !arguments.isEmpty else {
            throw Failure(.refreshFiles, "no file is named", hint: "name the feed's files, or - for standard input")
        }
        isStandardInput = arguments == [Self.standardInput]
        guard !isStandardInput else {
            names = arguments
            return
        }
        guard !arguments.contains(Self.standardInput) else {
            throw Failure(
                .refreshFiles, "standard input (-) cannot be read together with files",
                hint: "cat all of them, without their headers, or name the files alone")
        }
        var names: [String] = []
        for argument in arguments {
            for name in try Self.expand(argument) where !names.contains(name) { names.append(name) }
        }
        self.names = names
    }

    /// All are regular files, and no pipes whose text is gone once it was read.
    var canBeReadAgain: Bool { names.allSatisfy { Folder.size($0) != nil } }

    /// The file in a command that somebody is going to type.
    static func word(_ name: String) -> String { name == pipedIn ? "FILE" : ShellWord.quoted(name) }

    private static func expand(_ argument: String) throws(Failure) -> [String] {
        if Folder.isFolder(argument) {
            throw Failure(
                .refreshFormat, "\(argument) is a folder, and no file", hint: "name its files: '\(argument)/*.csv'")
        }
        if Folder.exists(argument) { return [argument] }
        guard PathPattern.isPattern(argument) else {
            throw Failure(
                .fileNotFound, "there is no file \(argument)",
                hint: "has it arrived, and under this name? ls -l shows it")
        }
        let found = try PathPattern.files(matching: argument).filter { name in
            !leftovers.contains { name.hasSuffix($0) }
        }
        guard !found.isEmpty else { throw Failure(.fileNotFound, "no file matches \(argument)") }
        return found
    }
}
