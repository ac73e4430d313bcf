import Foundation
import Operations
struct FeedFiles: Sendable { let names: [String]; init(_ a: [String]) throws(Failure) { names = a } }
final class FeedReader {
    init(_ definition: FeedDefinition, files: FeedFiles, target: [TargetColumn], now: Date, rejectedFile: String?, writesRejects: Bool) throws(Failure) {}
    func begin() throws -> FeedLayout { fatalError() }
    func next() throws -> FeedChunk? { nil }
    func reject(_ row: Int, of chunk: FeedChunk, _ reason: String) {}
    func reject(file: Int, line: Int, values: [String: String?], _ reason: String) {}
    func finish() throws -> FeedTally { FeedTally() }
    func abandon() {}
    var rejectedSoFar: Int64 { 0 }
}
enum FeedDay { static func today(_ now: Date, in zone: String) -> String { "" } }
final class QuarantineFiles { init(_ r: FeedReader, isPlan: Bool) throws {}
  func add(file: Int, line: Int, values: [String: String?], _ reason: String) throws {}
  func publish() throws -> [String] { [] }
  func abandon() {} }
