import DBKit
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct RepositoryTests {
    @Test("a staged folder is invisible until it is published, and gone when it is discarded, B1")
    func staging() async throws {
        try await withTemporaryFolder { folder in
            let repository = LocalRepository("\(folder)/repo")
            let staged = try repository.stage("db/set")
            try OutputFile(creating: "\(staged.path)/file").write([1, 2, 3])
            #expect(try repository.names(in: "db").isEmpty)
            try staged.publish()
            #expect(try repository.names(in: "db").map(\.name) == ["set"])
            staged.discard()
            #expect(try repository.read("db/set/file") == [1, 2, 3])

            let other = try repository.stage("db/other")
            other.discard()
            #expect(try repository.sweep("db") == [])
            _ = try repository.stage("db/killed")
            #expect(try repository.sweep("db").count == 1)
            #expect(try repository.names(in: "db").map(\.name) == ["set"])
        }
    }

    @Test("a set is never published over another")
    func noOverwriting() async throws {
        try await withTemporaryFolder { folder in
            let repository = LocalRepository(folder)
            try repository.stage("db/set").publish()
            let second = try repository.stage("db/set")
            #expect(throws: Failure.self) { try second.publish() }
        }
    }

    @Test("only the owner may look into a repository")
    func modes() async throws {
        try await withTemporaryFolder { folder in
            let repository = LocalRepository("\(folder)/repo")
            let staged = try repository.stage("db/set")
            try OutputFile(creating: "\(staged.path)/file").write([1])
            try staged.publish()
            try repository.update("db/set.state.json") { _ in [2] }
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")[.posixPermissions] as? Int
            }
            #expect(try mode("repo") == 0o700)
            #expect(try mode("repo/db/set") == 0o700)
            #expect(try mode("repo/db/set/file") == 0o600)
            #expect(try mode("repo/db/set.state.json") == 0o600)
        }
    }

    @Test("what root notes in another user's repository belongs to that user", .enabled(if: geteuid() == 0))
    func owners() async throws {
        try await withTemporaryFolder { folder in
            let repository = LocalRepository(folder)
            try Folder.create("\(folder)/db")
            #expect(unsafe chown("\(folder)/db", 65_534, 65_533) == 0)
            try repository.update("db/set.state.json") { _ in [1] }
            try repository.lock("db", note: "test", now: 0).release()
            for name in ["set.state.json", ".notes.lock", ".lock"] {
                let facts = try FileManager.default.attributesOfItem(atPath: "\(folder)/db/\(name)")
                #expect(
                    facts[.ownerAccountID] as? Int == 65_534 && facts[.groupOwnerAccountID] as? Int == 65_533, "\(name)"
                )
            }
        }
    }

    @Test("runs that change the same note at once lose nothing of each other's")
    func concurrentNotes() async throws {
        try await withTemporaryFolder { folder in
            let repository = LocalRepository(folder)
            try Folder.create("\(folder)/db")
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for _ in 0..<25 {
                            try? repository.update("db/note") { ($0 ?? []) + [UInt8(writer)] }
                        }
                    }
                }
            }
            let note = try repository.read("db/note")
            for writer in 0..<8 { #expect(note.count { $0 == UInt8(writer) } == 25) }
            #expect(try repository.names(in: "db").map(\.name) == ["note"])
        }
    }

    @Test("a repository that is not there is said to be missing, and is not taken for an empty one")
    func missing() async throws {
        try await withTemporaryFolder { folder in
            let failure = #expect(throws: Failure.self) { try LocalRepository("\(folder)/x").names(in: "") }
            #expect(failure?.code == .repositoryNotFound)
            #expect(failure?.category == .notFound)
        }
    }

    @Test("what is removed is never what a link leads to")
    func links() async throws {
        try await withTemporaryFolder { folder in
            try Folder.create("\(folder)/precious")
            try OutputFile(creating: "\(folder)/precious/file").write([1])
            let repository = LocalRepository("\(folder)/repo")
            let staged = try repository.stage("db/set")
            let manager = FileManager.default
            try manager.createSymbolicLink(atPath: "\(staged.path)/link", withDestinationPath: "\(folder)/precious")
            try manager.createSymbolicLink(
                atPath: "\(folder)/repo/db/.building-old", withDestinationPath: "\(folder)/precious")
            staged.discard()
            #expect(!Folder.exists(staged.path))
            _ = try repository.sweep("db")
            #expect(Folder.exists("\(folder)/precious/file"))
        }
    }

    @Test("a file that is replaced: a link stays one, a device or a pipe is left as it is, and modes are kept")
    func replacing() async throws {
        try await withTemporaryFolder { folder in
            let manager = FileManager.default
            try Folder.create("\(folder)/real")
            try Folder.replaceFile("\(folder)/real/file", with: [1], mode: 0o644)
            try manager.setAttributes([.posixPermissions: 0o664], ofItemAtPath: "\(folder)/real/file")
            try manager.createSymbolicLink(atPath: "\(folder)/second", withDestinationPath: "real/file")
            try manager.createSymbolicLink(atPath: "\(folder)/first", withDestinationPath: "\(folder)/second")
            try Folder.replaceFile("\(folder)/first", with: [2], mode: 0o644)
            #expect(try InputFile(opening: "\(folder)/real/file").readAll() == [2])
            let mode = try manager.attributesOfItem(atPath: "\(folder)/real/file")[.posixPermissions] as? Int
            #expect(mode == 0o664)
            #expect(try manager.destinationOfSymbolicLink(atPath: "\(folder)/second") == "real/file")

            #expect(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)
            try manager.createSymbolicLink(atPath: "\(folder)/to-pipe", withDestinationPath: "pipe")
            for name in ["pipe", "to-pipe", "real"] {
                let failure = #expect(throws: Failure.self) { try Folder.replaceFile("\(folder)/\(name)", with: [3]) }
                #expect(failure?.code == .cannotCreate, "\(name)")
                #expect(Folder.isSpecial("\(folder)/\(name)"))
            }
            #expect(try Folder.items(folder).map(\.name) == ["first", "pipe", "real", "second", "to-pipe"])
        }
    }

    @Test("a FIFO in the place of a file is refused at once, and a cancelled reader stops after a block")
    func reading() async throws {
        try await withTemporaryFolder { folder in
            #expect(unsafe mkfifo("\(folder)/fifo", 0o600) == 0)
            let failure = #expect(throws: Failure.self) { try InputFile(opening: "\(folder)/fifo") }
            #expect(failure?.code == .corrupt)

            let file = try OutputFile(creating: "\(folder)/long")
            try file.write([UInt8](repeating: 7, count: 4 << 20))
            let input = try InputFile(opening: "\(folder)/long")
            let task = Task {
                var blocks = 0
                do {
                    try input.read(0..<input.length) { _ in
                        blocks += 1
                        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                    }
                } catch is CancellationError {
                    return blocks
                }
                return -1
            }
            #expect(try await task.value == 1)
        }
    }

    @Test("a lock names its holder's pid and age, is given back, and its file stays, B6")
    func locking() async throws {
        try await withTemporaryFolder { folder in
            let repository = LocalRepository(folder)
            let first = try repository.lock("db", note: "dbctl backup create", now: 1000)
            let failure = #expect(throws: Failure.self) { try repository.lock("db", note: "second", now: 1042) }
            #expect(failure?.code == .repositoryLocked)
            #expect(failure?.message.contains("pid \(ProcessInfo.processInfo.processIdentifier), for 42 s") == true)
            first.release()
            let third = try repository.lock("db", note: "third", now: 1050)
            #expect(Folder.exists("\(folder)/db/.lock"))
            third.release()
        }
    }
}
