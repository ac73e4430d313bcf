import ArgumentParser

/// What `--into` may name.
enum RestoreTarget {
    static func validate(_ name: String) throws {
        if name.isEmpty || name.utf8.count > 63 {
            throw ValidationError("--into needs the name of a database, of 1 to 63 bytes")
        }
        if name.hasPrefix("dbctl_restore_") {
            throw ValidationError("--into: names that begin with dbctl_restore_ are those of unfinished restores")
        }
    }
}
