/// The keys, for eyes.
enum TopHelp {
    static func lines(isReplay: Bool) -> [ScreenLine] {
        let keys: [(String, String)] = [
            ("q", "quit"),
            ("space, p", "pause: the frame stays; looking and recording go on"),
            ("s", "sort by the next of \(SessionSort.allCases.map(\.rawValue).joined(separator: ", "))"),
            ("S", "the other way round"),
            ("/", "filter: text in application, user, database or query"),
            ("Esc", "nothing selected; then no filter"),
            ("l", "lock tree on or off"),
            ("↑ ↓ k j", "select a session; PgUp, PgDn, Home, End"),
            isReplay
                ? ("← →", "pause, and one look back or forward")
                : ("K", "end the selected session, after a y; never a superuser's, nor the server's own"),
            ("Ctrl-L", "draw the screen anew"),
        ]
        let width = keys.map(\.0.count).max() ?? 0
        return [ScreenLine("dbctl pool top: keys", .heading), ScreenLine("")]
            + keys.map { ScreenLine("  \(ScreenText.fit($0.0, width))  \($0.1)") }
            + [
                ScreenLine(""),
                ScreenLine("  headroom: ordinary slots free, one column a look; full height is all of them, _ is none"),
            ]
    }
}
