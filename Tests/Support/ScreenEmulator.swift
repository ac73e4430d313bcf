/// What a person sees of a terminal's output: as much of a terminal as dbctl's screen makes use of. Whatever else comes
/// is kept as strange, so that a test can claim that nothing did.
public struct ScreenEmulator: Sendable {
    public private(set) var lines: [String] = []
    /// Not the alternate one: what the shell will see again.
    public private(set) var isAlternate = false
    public private(set) var hasCursor = true
    public private(set) var wraps = true
    /// Control characters and sequences that are none of those that a screen needs.
    public private(set) var strange: [String] = []
    /// How often the whole screen was cleared.
    public private(set) var clearings = 0
    /// What stood on the ordinary screen: output before and after.
    public private(set) var ordinary = ""

    private var row = 0
    private var pending: [UInt8] = []

    public init() {}

    public var text: String { lines.joined(separator: "\n") }

    public mutating func take(_ bytes: some Sequence<UInt8>) {
        pending += bytes
        while let first = pending.first {
            if first == 0x1B {
                guard pending.count > 1 else { return }
                guard pending[1] == UInt8(ascii: "[") else {
                    strange.append("ESC \(pending[1])")
                    pending.removeFirst(2)
                    continue
                }
                guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else { return }
                obey(String(decoding: pending[2..<end], as: UTF8.self), Character(Unicode.Scalar(pending[end])))
                pending.removeFirst(end + 1)
                continue
            }
            let plain = pending.prefix { $0 != 0x1B }
            // A character may be cut in the middle.
            let isCut = plain.count == pending.count
            guard let text = String(validating: plain, as: UTF8.self) else {
                guard isCut, plain.count < 1 << 16 else {
                    strange.append("no UTF-8")
                    pending.removeFirst(plain.count)
                    continue
                }
                return
            }
            pending.removeFirst(plain.count)
            put(text)
        }
    }

    private mutating func put(_ text: String) {
        guard isAlternate else {
            ordinary += text
            return
        }
        for scalar in text.unicodeScalars where scalar.properties.generalCategory == .control {
            strange.append("U+\(String(scalar.value, radix: 16))")
        }
        while lines.count <= row { lines.append("") }
        lines[row] += text
    }

    private mutating func obey(_ parameters: String, _ final: Character) {
        switch (parameters, final) {
        case ("?1049", "h"): isAlternate = true
        case ("?1049", "l"): isAlternate = false
        case ("?25", "h"): hasCursor = true
        case ("?25", "l"): hasCursor = false
        case ("?7", "h"): wraps = true
        case ("?7", "l"): wraps = false
        case ("2", "J"):
            lines = []
            clearings += 1
        case ("2", "K"): if row < lines.count { lines[row] = "" }
        case (_, "m"): break
        case (_, "H"): row = (Int(parameters.prefix { $0 != ";" }) ?? 1) - 1
        default: strange.append("ESC [\(parameters)\(final)")
        }
    }
}
