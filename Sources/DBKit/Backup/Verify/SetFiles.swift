import Operations
import Storage

/// The files of one set folder, wherever it lies.
struct SetFiles: Sendable {
    /// How a person finds it.
    let place: String

    /// Every file below the folder, as relative paths, sorted.
    func names() throws(Failure) -> [String] {
        try names(below: "")
    }

    func open(_ name: String) throws(Failure) -> InputFile {
        try InputFile(opening: "\(place)/\(name)")
    }

    private func names(below folder: String) throws(Failure) -> [String] {
        var found: [String] = []
        for item in try Folder.items(folder.isEmpty ? place : "\(place)/\(folder)") {
            let path = folder.isEmpty ? item.name : "\(folder)/\(item.name)"
            if item.isFolder { found += try names(below: path) } else { found.append(path) }
        }
        return found
    }
}
