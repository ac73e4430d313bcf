import DBKit
import Foundation
import TestSupport
import Testing

@Suite("Plan: what it foretells is what the server does, M9")
struct DDLModelServerTests {
    @Test("ALTER TABLE: locks, rewrites, scans and index builds", arguments: TestServer.majors)
    func alterTable(major: Int) async throws {
        try await compare(PlanningFixture.tableCases, major)
    }

    @Test("ALTER TABLE: other forms, and the matrix of type changes", arguments: TestServer.majors)
    func tableForms(major: Int) async throws {
        try await compare(PlanningFixture.tableFormCases, major)
    }

    @Test("all other definitions: locks, rewrites, scans and index builds", arguments: TestServer.majors)
    func otherStatements(major: Int) async throws {
        try await compare(PlanningFixture.otherCases, major)
    }

    @Test("queries: the locks on tables, views, partitions and ends of foreign keys", arguments: TestServer.majors)
    func queries(major: Int) async throws {
        try await compare(PlanningFixture.queryCases, major)
    }

    private func compare(_ cases: [PlannedCase], _ major: Int) async throws {
        try await PlanningFixture.withSession(major: major) { session in
            for item in cases where item.majors.contains(major) {
                do {
                    let planned = try #require(try PlanningFixture.plan(item.sql, session).first)
                    let seen = try PlanningFixture.observe(item.sql, session)
                    let difference = PlanningFixture.difference(planned, seen, item)
                    #expect(difference == nil, "\(major): \(item.sql): \(difference ?? "")")
                } catch {
                    Issue.record("\(major): \(item.sql): \(error)")
                }
            }
        }
    }
}
