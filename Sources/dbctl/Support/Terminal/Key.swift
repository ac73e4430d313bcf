/// What somebody pressed.
enum Key: Sendable, Hashable {
    case character(Character)
    case enter, escape, backspace, eraseLine, redraw
    case up, down, left, right, pageUp, pageDown, home, end
}
