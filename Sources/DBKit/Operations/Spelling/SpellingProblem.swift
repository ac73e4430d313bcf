/// A value that is not spelled as its kind wants; the text never repeats the value, which may be a secret.
public struct SpellingProblem: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
