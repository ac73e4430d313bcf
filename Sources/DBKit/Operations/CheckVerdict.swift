/// The four answers to a monitoring system, worst last.
public enum CheckVerdict: String, Encodable, Sendable, Comparable, CaseIterable {
    case ok = "OK"
    case warning = "WARNING"
    case unknown = "UNKNOWN"
    case critical = "CRITICAL"

    public static func < (left: CheckVerdict, right: CheckVerdict) -> Bool {
        rank(left) < rank(right)
    }

    private static func rank(_ verdict: CheckVerdict) -> Int {
        allCases.firstIndex(of: verdict) ?? 0
    }
}
