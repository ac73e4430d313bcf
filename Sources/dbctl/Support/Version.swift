import DBKit

/// `dbctl --version`: what to put into a bug report.
enum Version {
    static let number = "0.1.0"

    static var text: String {
        """
        dbctl \(number) (commit \(BuildCommit.hash))
        libpq \(LibpqVersion.loaded)
        zstd \(CompressionVersions.zstd)
        zlib \(CompressionVersions.zlib)
        """
    }
}
