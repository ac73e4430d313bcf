// The first words of the protocol, against recorded bytes.

import Testing

@testable import Postgres

@Suite struct StartupProtocolTests {
    @Test("the requests are the bytes that the protocol's documentation gives")
    func requests() {
        #expect(StartupProtocol.sslRequest == [0, 0, 0, 8, 4, 210, 22, 47])
        let startup = StartupProtocol.startup([("user", "a"), ("database", "b")])
        #expect(startup == [0, 0, 0, 27, 0, 3, 0, 0] + Array("user\0a\0database\0b\0\0".utf8))
    }

    @Test("a message is read only once it is whole")
    func messages() throws {
        let bytes: [UInt8] = [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 5]
        for length in 0..<bytes.count { #expect(StartupProtocol.message(in: Array(bytes.prefix(length))) == nil) }
        let message = try #require(StartupProtocol.message(in: bytes + [1, 2]))
        #expect(StartupProtocol.method(message.body) == .md5)
    }

    @Test("the authentication method is named, SASL with its mechanisms")
    func methods() {
        let sasl: [UInt8] = [0, 0, 0, 10] + Array("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0".utf8)
        #expect(StartupProtocol.method(sasl[...]) == .sasl(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]))
        #expect(StartupProtocol.method([0, 0, 0, 0]) == .none)
        #expect(StartupProtocol.method([0, 0, 0, 3]) == .password)
        #expect(StartupProtocol.method([0, 0, 0, 99]) == .other(99))
    }

    @Test("an early refusal keeps SQLSTATE, text and the function that spoke")
    func refusals() {
        let body = "SFATAL\0VFATAL\0C53300\0Mtut mir leid\0Fproc.c\0L353\0RInitProcess\0\0"
        let error = StartupProtocol.error(Array(body.utf8)[...])
        #expect(error.sqlState == .tooManyConnections)
        #expect(error.message == "tut mir leid")
        #expect(error.routine == "InitProcess")
    }
}
