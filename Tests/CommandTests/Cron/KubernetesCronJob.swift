import Foundation
import Yams

/// What the examples say of a CronJob. Decoded strictly: a key that is not here is one that nobody has thought about.
struct KubernetesCronJob: Sendable {
    let file: String
    private let document: [String: String]

    static func all() throws -> [KubernetesCronJob] {
        try ScheduledJob.files(".yaml", under: "kubernetes").flatMap { file in
            try Array(Yams.compose_all(yaml: ScheduledJob.text(file))).map { node in
                KubernetesCronJob(file: file, document: flat(node))
            }
        }
    }

    /// A value by its path, `spec.jobTemplate.spec.backoffLimit`; elements of lists by their number.
    subscript(_ path: String) -> String? { document[path] }

    var keys: Set<String> { Set(document.keys.map { $0.replacing(/\.[0-9]+/, with: "[]") }) }

    func list(_ path: String) -> [String] {
        (0...).lazy.map { self["\(path).\($0)"] }.prefix { $0 != nil }.compactMap(\.self)
    }

    static let pod = "spec.jobTemplate.spec.template.spec"
    static let container = "\(pod).containers.0"

    var job: ScheduledJob {
        let variables = (0..<20).compactMap { number -> ScheduledJob.Variable? in
            let place = "\(Self.container).env.\(number)"
            guard let name = self["\(place).name"] else { return nil }
            // A Secret's value is in the cluster.
            return ScheduledJob.Variable(name: name, value: self["\(place).value"] ?? "from a secret")
        }
        return ScheduledJob(
            file: file, variables: variables,
            command: .words(list("\(Self.container).command") + list("\(Self.container).args")))
    }

    private static func flat(_ node: Node, at path: String = "") -> [String: String] {
        func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        switch node {
        case .mapping(let mapping):
            return mapping.reduce(into: [:]) { all, pair in
                all.merge(flat(pair.value, at: below(pair.key.string ?? "?"))) { $1 }
            }
        case .sequence(let list):
            return list.enumerated().reduce(into: [:]) { all, element in
                all.merge(flat(element.element, at: below("\(element.offset)"))) { $1 }
            }
        default: return [path: node.string ?? ""]
        }
    }
}
