import DBKit
import Foundation
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
            try repository.replace("db/set.state.json", with: [2])
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")[.posixPermissions] as? Int
            }
            #expect(try mode("repo") == 0o700)
            #expect(try mode("repo/db/set") == 0o700)
            #expect(try mode("repo/db/set/file") == 0o600)
            #expect(try mode("repo/db/set.state.json") == 0o600)
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
