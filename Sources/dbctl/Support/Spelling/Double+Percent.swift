import DBKit

extension Double {
    /// `30%` is 0.3.
    init(percent text: String) throws(SpellingProblem) {
        guard text.hasSuffix("%"), let number = Double(text.dropLast()), (1...99).contains(number) else {
            throw SpellingProblem("a share from 1% to 99%, as in 30%")
        }
        self = number / 100
    }
}
