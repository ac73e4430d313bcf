import ArgumentParser
import DBKit

/// What `--via` may say.
enum WayIn: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto, direct, reserved, superuser, walsender, pgbouncer

    /// Nil tries one after the other.
    var route: Route? { Route(rawValue: rawValue) }
}
