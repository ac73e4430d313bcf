import ArgumentParser
import DBKit

/// What lets through, once, what a guard refuses. The message of a refusal has the option that does.
struct GuardOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Rows that are right although they jump: AAPL:2024-06-10, AAPL (all its days), '*:2024-06-10' (all assets of that day). May be repeated.",
            valueName: "asset:date"),
        transform: { text in
            try AllowedRows.check(text)
            return text
        })
    var allow: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A price may become f times as high or as low (default: 5).", valueName: "f"),
        transform: { try FeedSpelling.factor($0) })
    var maxJump: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "So much of the last run's assets may be missing (default: 30% of a feed, any with --table).",
            valueName: "pct"),
        transform: { try FeedSpelling.percent($0) })
    var maxMissing: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("So much of the existing rows may change (default: all).", valueName: "pct"),
        transform: { try FeedSpelling.percent($0) })
    var maxChanged: Double?

    @Option(
        help: ArgumentHelp("The newest date of the files may be this old (default: any age).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var staleAfter: Duration?

    @Option(
        help: ArgumentHelp("Rows with a date this far back may be written (default: any).", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var backWindow: Duration?

    func apply(to thresholds: inout GuardThresholds) {
        thresholds.allowed.formUnion(allow)
        thresholds.maximumJump = maxJump ?? thresholds.maximumJump
        thresholds.missingAssets = maxMissing ?? thresholds.missingAssets
        thresholds.maximumChanged = maxChanged ?? thresholds.maximumChanged
        thresholds.staleAfter = staleAfter ?? thresholds.staleAfter
        thresholds.backWindow = backWindow ?? thresholds.backWindow
    }
}
