// The demo carries its schema in the binary; what it carries must be what lies in migrations/.

import Foundation
import Migrations
import Testing

@testable import Workflows

@Suite struct DemoSchemaTests {
    @Test("the demo carries all files of migrations/, under their names")
    func complete() throws {
        let root = #filePath.prefix(upTo: try #require(#filePath.range(of: "/Tests/")).lowerBound)
        let carried = try DemoSchema.folder()
        #expect(carried == (try MigrationFolder.read(root + "/migrations")))
        #expect(!carried.versioned.isEmpty)
    }
}
