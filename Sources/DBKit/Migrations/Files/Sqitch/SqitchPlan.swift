/// `sqitch.plan`: which changes there are, in which order, and which tags.
///
/// Source of the format: sqitchchanges(7) and sqitch's own parser, version 1.3.
public struct SqitchPlan: Sendable, Hashable {
    public internal(set) var project = ""
    public internal(set) var uri: String?
    /// In the order in which they are deployed.
    public internal(set) var changes: [Change] = []

    /// A line of the plan.
    public struct Change: Sendable, Hashable {
        public var name: String
        /// SHA-1 over what sqitch knows of it: its name in sqitch's own tables.
        public internal(set) var id = ""
        /// Names that must come before it, as the plan spells them.
        public var requires: [String] = []
        /// Names that must not be deployed.
        public var conflicts: [String] = []
        /// RFC 3339, UTC.
        public var date: String
        /// `Name <address>`
        public var planner: String
        public var note = ""
        /// Without the `@`.
        public var tags: [String] = []
        /// Not empty: a later change has its name, and its own scripts are called `name@tag.sql` after one of these.
        public internal(set) var reworkTags: [String] = []
        public var line: Int

        /// Where its scripts may lie, without folder and suffix, the most likely first.
        public var scriptNames: [String] {
            reworkTags.isEmpty ? [name] : reworkTags.map { "\(name)@\($0)" }
        }
    }

    /// - Throws: the first line that is not as sqitch writes it.
    public init(_ text: String) throws(SQLScriptError) {
        var lines = SqitchPlanLines(text)
        try lines.read(into: &self)
    }

    /// The project's own name in front of a dependency says nothing.
    func withoutProject(_ dependency: String) -> String {
        dependency.hasPrefix("\(project):") ? String(dependency.dropFirst(project.count + 1)) : dependency
    }
}
