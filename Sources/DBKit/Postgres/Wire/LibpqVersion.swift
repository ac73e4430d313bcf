import CLibpq

/// The libpq that this process has loaded, which may be newer than the one that it was built with.
public enum LibpqVersion {
    /// `15.18`
    public static var loaded: String {
        let number = PQlibVersion()
        return "\(number / 10_000).\(number % 10_000)"
    }
}
