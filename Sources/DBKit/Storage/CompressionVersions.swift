import CZlib
import CZstd

/// The compression libraries that this process has loaded.
public enum CompressionVersions {
    /// `1.5.4`
    public static var zstd: String { unsafe String(cString: ZSTD_versionString()) }
    /// `1.2.13`
    public static var zlib: String { unsafe String(cString: zlibVersion()) }
}
