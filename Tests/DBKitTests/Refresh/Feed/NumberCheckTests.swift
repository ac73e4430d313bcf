// Numbers are read by words where there is room for it: that must not be seen.

import TestSupport
import Testing

@testable import Refresh

@Suite("Numbers, read by words and byte by byte") struct NumberCheckTests {
    private struct Outcome: Equatable {
        var problem: ValueProblem?
        var text: String
        var value: Int64 = 0
    }

    private func read(
        _ text: String, room: Int, _ check: (Span<UInt8>, Range<Int>, inout OutputSpan<UInt8>) -> (ValueProblem?, Int64)
    ) -> Outcome {
        let bytes = Array(text.utf8) + Array(repeating: UInt8(ascii: "7"), count: room)
        var outcome = Outcome(problem: nil, text: "")
        let written = [UInt8](capacity: 100) { target in
            let found = check(bytes.span, 0..<text.utf8.count, &target)
            (outcome.problem, outcome.value) = found
            if found.0 != nil { target.removeAll() }
        }
        outcome.text = String(decoding: written, as: UTF8.self)
        return outcome
    }

    @Test("what stands behind a number makes no difference")
    func sameEitherWay() {
        var random = SeededGenerator(seed: 17)
        let alphabet = Array("00123456789.-+e x")
        var taken = 0
        for round in 0..<40_000 {
            let length = 1 + random.below(20)
            // Mostly digits: else hardly any would be a number.
            let text = String(
                (0..<length).map { _ in alphabet[random.below(round % 3 == 0 ? alphabet.count : 12)] })
            let limits = Int64(Int32.min)...Int64(Int32.max)
            let whole = [0, 30].map { room in
                read(text, room: room) { bytes, range, target in
                    var value: Int64 = 0
                    let problem = NumberCheck.whole(bytes, range, limits, &target, &value)
                    return (problem, problem == nil ? value : 0)
                }
            }
            #expect(whole[0] == whole[1], "\(text)")
            if whole[0].problem == nil { #expect(Int64(whole[0].text) == whole[0].value, "\(text)") }
            for role in [FedColumn.Role.plain, .price, .volume] {
                let float = [0, 30].map { room in
                    read(text, room: room) { bytes, range, target in
                        (NumberCheck.float(bytes, range, isDouble: true, role, &target), 0)
                    }
                }
                #expect(float[0] == float[1], "\(text)")
                if float[0].problem == nil { taken += 1 }
            }
        }
        #expect(taken > 20_000)
    }

    @Test("a number is taken as Swift takes it, whose grammar is that of C")
    func sameAsSwift() {
        var random = SeededGenerator(seed: 18)
        let alphabet = Array("0059.-+e")
        for _ in 0..<40_000 {
            let text = String((0..<(1 + random.below(7))).map { _ in alphabet[random.below(alphabet.count)] })
            let outcome = read(text, room: 30) { bytes, range, target in
                (NumberCheck.float(bytes, range, isDouble: true, .plain, &target), 0)
            }
            let number = Double(text).flatMap { $0.isFinite ? $0 : nil }
            let isTooSmall = outcome.problem == .tooSmall || outcome.problem == .tooLarge
            #expect((outcome.problem == nil) == (number != nil && !isTooSmall), "\(text)")
            if outcome.problem == nil { #expect(Double(outcome.text) == number, "\(text)") }
        }
    }
}
