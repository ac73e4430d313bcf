public import Operations

/// How folders go: hidden by a rename first, so that no reader ever sees half of one, and removed then.
///
/// The hidden folder goes last. As long as it is there, the next ``sweep(_:)`` knows what was begun.
extension LocalRepository {
    public func remove(_ folder: String, unless isKept: () throws(Failure) -> Bool) throws(Failure) -> Bool {
        let place = url(folder)
        let hidden = "\(Folder.parent(of: place))/\(Self.deletingPrefix)\(Folder.name(of: place))"
        let turn = try turn(in: Folder.parent(of: place))
        defer { turn.release() }
        guard try !isKept() else { return false }
        try Folder.rename(place, to: hidden)
        try finishRemoval(hidden)
        return true
    }

    public func sweep(_ folder: String) throws(Failure) -> [String] {
        let place = url(folder)
        guard Folder.exists(place) else { return [] }
        // Whoever writes a note right now is not to lose it.
        let turn = try turn(in: place)
        defer { turn.release() }
        var swept: [String] = []
        for item in try Folder.items(place) {
            let path = "\(place)/\(item.name)"
            if item.isFolder, item.name.hasPrefix(Self.buildingPrefix) {
                try Folder.remove(path)
            } else if item.isFolder, item.name.hasPrefix(Self.deletingPrefix) {
                try finishRemoval(path)
            } else if !item.isFolder, item.name.hasPrefix("."), item.name.hasSuffix(".tmp") {
                try Folder.removeFile(path)
            } else {
                continue
            }
            swept.append(path)
        }
        return swept
    }

    /// Removes the notes of a folder that was hidden, and then the folder.
    private func finishRemoval(_ hidden: String) throws(Failure) {
        let parent = Folder.parent(of: hidden)
        let name = String(Folder.name(of: hidden).dropFirst(Self.deletingPrefix.count))
        // Somebody may have put another folder there by hand; its notes are its own.
        if !name.isEmpty, !Folder.exists("\(parent)/\(name)") {
            for item in try Folder.items(parent) where !item.isFolder && item.name.hasPrefix("\(name).") {
                try Folder.removeFile("\(parent)/\(item.name)")
            }
        }
        try Folder.remove(hidden)
        try Folder.sync(parent)
    }

    private static let deletingPrefix = ".deleting-"
}
