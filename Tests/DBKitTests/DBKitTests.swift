import Testing

@testable import DBKit
