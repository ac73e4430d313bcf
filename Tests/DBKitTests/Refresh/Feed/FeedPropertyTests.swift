// Random tables, written in random ways: what is read is what was written, and every record is accounted for (R2).

import Foundation
import Operations
import TestSupport
import Testing

@testable import Refresh

@Suite("Random feeds") struct FeedPropertyTests {
    private struct Table {
        var scene: FeedScene
        /// Records that have to be taken: as written, and as they have to come out.
        var rows: [(written: [String?], wanted: [String?])] = []
    }

    private static let pieces = [
        "a", "é", "😀", "\\", "\\N", "\\.", "\t", "\"", ",", ";", "\n", "\r\n", " ", "NULL", "'", "\u{1}",
    ]

    private func text(_ random: inout SeededGenerator) -> String {
        (0..<random.below(8)).map { _ in Self.pieces[random.below(Self.pieces.count)] }.joined()
    }

    /// A value for a column, as it is written, and as it has to reach the server.
    private func value(_ type: ColumnType, _ random: inout SeededGenerator) -> (String, String) {
        switch type {
        case .bigint:
            let number = Int64(bitPattern: random.next() >> UInt64(random.below(64)))
            return ((number >= 0 && random.below(3) == 0 ? "+00" : "") + String(number), String(number))
        case .double:
            let number = Double(Int64(bitPattern: random.next()) >> 20) / 1024
            return ("\(number)", "\(number)")
        case .date:
            let day = CivilDate(days: random.below(40_000) - 20_000)
            let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
                day.month - 1]
            let styles = [
                day.text, day.text.replacingOccurrences(of: "-", with: ""),
                day.text.replacingOccurrences(of: "-", with: "/"),
                "\(day.day)-\(name)-\(day.year)", "\(name) \(day.day), \(day.year)", "\(day.text)T00:00:00Z",
            ]
            return (styles[random.below(styles.count)], day.text)
        case .boolean:
            let isTrue = random.below(2) == 0
            let texts = isTrue ? ["t", "TRUE", "yes", "1"] : ["f", "false", "No", "0"]
            return (texts[random.below(4)], isTrue ? "t" : "f")
        default:
            let text = text(&random)
            return (text, text)
        }
    }

    private func table(_ random: inout SeededGenerator) -> Table {
        let types: [ColumnType] = [.bigint, .double, .date, .boolean, .text(maximum: nil), .other]
        var scene = FeedScene()
        scene.definition = FeedDefinition(table: "things", key: ["id"])
        scene.definition.nulls = random.below(2) == 0 ? [""] : ["", "NULL", "\\N"]
        scene.target = [TargetColumn(name: "id", type: .bigint, typeName: "bigint", isNullable: false)]
        for index in 0..<(1 + random.below(5)) {
            scene.target.append(TargetColumn(name: "c\(index)", type: types[random.below(types.count)], typeName: "t"))
        }
        var table = Table(scene: scene)
        for id in 0..<random.below(40) {
            var written: [String?] = [String(id)]
            var wanted: [String?] = [String(id)]
            for column in scene.target.dropFirst() {
                let isNull = random.below(6) == 0
                let value = value(column.type, &random)
                written.append(isNull ? nil : value.0)
                wanted.append(isNull ? nil : value.1)
            }
            table.rows.append((written, wanted))
        }
        return table
    }

    private func csv(_ table: Table, order: [Int], _ random: inout SeededGenerator) -> String {
        let delimiter = [",", ";", "\t", "|"][random.below(4)]
        let ends = ["\n", "\r\n", "\r"]
        let end = ends[random.below(3)]
        func field(_ value: String?) -> String {
            guard let value else { return "" }
            let isSpecial =
                value.isEmpty || table.scene.definition.nulls.contains(value)
                || value.contains { "\"\n\r\r\n".contains($0) } || value.contains(delimiter)
                || value != value.trimmingCharacters(in: .whitespaces)
                || value.unicodeScalars.contains { $0 == "\n" || $0 == "\r" || $0 == "\"" } || value == "\\."
            return isSpecial || random.below(5) == 0
                ? "\"\(value.replacingOccurrences(of: "\"", with: "\"\""))\"" : value
        }
        var text = order.map { table.scene.target[$0].name }.joined(separator: delimiter) + end
        for (index, row) in table.rows.enumerated() {
            let isLast = index == table.rows.count - 1
            text += order.map { field(row.written[$0]) }.joined(separator: delimiter)
            text += isLast && random.below(2) == 0 ? "" : ends[random.below(3)]
        }
        return text
    }

    private func json(_ table: Table, order: [Int], _ random: inout SeededGenerator) -> String {
        table.rows.map { row in
            let members = order.map { index -> String in
                let name = table.scene.target[index].name
                guard let value = row.written[index] else { return "\"\(name)\": null" }
                return "\"\(name)\":\(JSONText.quoted(value))"
            }
            return "{\(members.joined(separator: ","))}"
        }.joined(separator: "\n")
    }

    @Test("R2: what was written comes out, whatever the delimiter, quotes, line ends and order of the columns")
    func roundTrip() async throws {
        var random = SeededGenerator(seed: 2026)
        var rows = 0
        for round in 0..<400 {
            let table = table(&random)
            let order = table.scene.target.indices.shuffled(using: &random)
            let isJSON = random.below(3) == 0
            let text = isJSON ? json(table, order: order, &random) : csv(table, order: order, &random)
            let outcome = try await table.scene.read(text, as: isJSON ? "feed.ndjson" : "feed.csv")
            guard !table.rows.isEmpty else {
                #expect(outcome.code == "refresh.empty")
                continue
            }
            #expect(outcome.failure == nil, "round \(round): \(text.debugDescription)")
            #expect(
                outcome.values == table.rows.map(\.wanted),
                "round \(round): \(text.debugDescription) \(outcome.reasons)")
            rows += outcome.rows.count
        }
        #expect(rows > 3000)
    }

    @Test("R2: of damaged feeds every record is either taken or rejected, and nothing crashes")
    func damaged() async throws {
        var random = SeededGenerator(seed: 99)
        var taken = 0
        var rejected: Int64 = 0
        for _ in 0..<800 {
            let table = table(&random)
            let order = table.scene.target.indices.shuffled(using: &random)
            let isJSON = random.below(2) == 0
            var bytes = Array((isJSON ? json(table, order: order, &random) : csv(table, order: order, &random)).utf8)
            for _ in 0..<random.below(4) where !bytes.isEmpty {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[place] = UInt8(random.below(256))
                case 1: bytes.remove(at: place)
                default: bytes.insert(Array(",\"\n\r\\{}0".utf8)[random.below(8)], at: place)
                }
            }
            // The scene itself checks that what was read is what was taken and rejected.
            let outcome = try await table.scene.read((isJSON ? "feed.ndjson" : "feed.csv", bytes))
            if let failure = outcome.failure { #expect(failure.category == .data) }
            taken += outcome.rows.count
            rejected += outcome.tally.rejected
        }
        #expect(taken > 500)
        #expect(rejected > 50)
    }
}
