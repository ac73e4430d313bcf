import Operations
import Storage

/// The folder of the archives within its repository. A repository that is not there yet is made, as `backup create` makes
/// it, but not the folders above it: a mistyped one would take rows along to where nobody looks for them.
struct ArchivePlace {
    let folder: String

    private var repository: String { Folder.parent(of: folder) }

    var isNew: Bool { !Folder.isFolder(repository) }

    /// - Throws: `storage.repository_not_found`, `storage.denied`
    func check() throws(Failure) {
        let above = isNew ? Folder.parent(of: repository) : repository
        guard Folder.isFolder(above) else {
            throw Failure(
                .repositoryNotFound, "there is no repository at \(repository), and no folder \(above) to make it in",
                hint:
                    "look at --repo and at backup.repo in dbctl.yaml; if it is meant: mkdir -p \(ShellWord.quoted(above))"
            )
        }
        try Folder.requireWritable(Folder.isFolder(folder) ? folder : above)
    }
}
