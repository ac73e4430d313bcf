import DBKit
import Yams

/// Strict reading of dbctl.yaml: everything that is not in the schema is refused with file, line and the nearest
/// valid key. Messages never repeat a value: it may be a password on the wrong line.
struct ConfigurationDecoder {
    /// One finding; `config check` lists them all.
    struct Problem: Hashable {
        let line: Int
        let code: FailureCode
        let message: String
        let hint: String?
    }

    private(set) var problems: [Problem] = []
    private var visited = 0

    /// A few lines of aliases can stand for billions of values.
    private static let nodeLimit = 50_000

    /// - Throws: the first problem as a failure, the others in its detail.
    static func decode(_ text: String, file: String) throws(Failure) -> ConfigurationValue {
        var decoder = ConfigurationDecoder()
        let root = decoder.root(of: text)
        if let first = decoder.problems.min(by: { $0.line < $1.line }) {
            let others = decoder.problems.filter { $0 != first }.sorted { $0.line < $1.line }
            throw Failure(
                first.code, "\(file):\(first.line): \(first.message)",
                detail: others.isEmpty
                    ? nil : others.prefix(20).map { "\(file):\($0.line): \($0.message)" }.joined(separator: "\n"),
                hint: first.hint)
        }
        return root ?? ConfigurationValue(content: .table([]), line: 1, shape: ConfigurationSchema.root)
    }

    private mutating func root(of text: String) -> ConfigurationValue? {
        do {
            guard let node = try Yams.compose(yaml: text) else { return nil }
            if case .scalar(let scalar) = node, scalar.style == .plain, scalar.string.isEmpty { return nil }
            return value(node, ConfigurationSchema.root, at: "")
        } catch {
            problems.append(YAMLProblem.of(error, in: text))
            return nil
        }
    }

    /// - Parameter meaning: What a key is for; nil for entries of lists and keys of the user's own choosing.
    private mutating func value(
        _ node: Node, _ shape: Shape, at path: String, meaning: String? = nil
    ) -> ConfigurationValue? {
        visited += 1
        guard visited <= Self.nodeLimit else {
            if visited == Self.nodeLimit + 1 {
                report(node, .configurationSyntax, "the file stands for more than \(Self.nodeLimit) values")
            }
            return nil
        }
        if case .either(let shapes, _) = shape {
            return alternative(node, shapes, of: shape, at: path, meaning: meaning)
        }
        switch (shape, node) {
        case (.record(let fields), .mapping(let mapping)):
            return record(mapping, fields, shape, node, at: path)
        case (.record, .scalar(let scalar)) where Self.isNull(scalar),
            (.table, .scalar(let scalar)) where Self.isNull(scalar):
            // A section whose keys are all commented out.
            return ConfigurationValue(content: .table([]), line: node.line, shape: shape)
        case (.list, .scalar(let scalar)) where Self.isNull(scalar):
            return ConfigurationValue(content: .list([]), line: node.line, shape: shape)
        case (.table(let element), .mapping(let mapping)):
            let entries = mapping.compactMap { key, child in
                entry(key, child, element, at: path)
            }
            return ConfigurationValue(content: .table(entries), line: node.line, shape: shape)
        case (.list(let element), .sequence(let sequence)):
            let elements = sequence.enumerated().compactMap { value($1, element, at: "\(path)[\($0)]") }
            return ConfigurationValue(content: .list(elements), line: node.line, shape: shape)
        case (_, .scalar(let scalar)):
            let isPlain = scalar.style == .plain || scalar.style == .any
            guard shape.fits(scalar.string, isPlain: isPlain) || Placeholders.areIn(scalar.string) else { break }
            return ConfigurationValue(content: .scalar(scalar.string), line: node.line, shape: shape)
        default: break
        }
        reportType(node, shape, at: path, meaning: meaning)
        return nil
    }

    private mutating func alternative(
        _ node: Node, _ shapes: [Shape], of shape: Shape, at path: String, meaning: String?
    ) -> ConfigurationValue? {
        for candidate in shapes where Self.accepts(node, candidate) {
            return value(node, candidate, at: path)
        }
        reportType(node, shape, at: path, meaning: meaning)
        return nil
    }

    private static func accepts(_ node: Node, _ shape: Shape) -> Bool {
        switch (shape, node) {
        case (.record, .mapping), (.list, .sequence): true
        case (_, .scalar(let scalar)):
            shape.fits(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
                || Placeholders.areIn(scalar.string) && !shape.isContainer
        default: false
        }
    }

    private mutating func entry(
        _ key: Node, _ child: Node, _ element: Shape, at path: String
    ) -> (key: String, value: ConfigurationValue)? {
        guard case .scalar(let scalar) = key, !Self.isNull(scalar) else {
            report(key, .configurationType, "a key under \(path) should be a name")
            return nil
        }
        return value(child, element, at: "\(path).\(scalar.string)").map { (scalar.string, $0) }
    }

    private mutating func record(
        _ mapping: Node.Mapping, _ fields: [Field], _ shape: Shape, _ node: Node, at path: String
    ) -> ConfigurationValue {
        var entries: [(key: String, value: ConfigurationValue)] = []
        var present: Set<String> = []
        for (key, child) in mapping {
            let name = key.scalar?.string ?? ""
            guard let field = fields.first(where: { $0.name == name }) else {
                reportUnknown(key, name, among: fields.map(\.name), at: path)
                continue
            }
            present.insert(name)
            if let value = value(
                child, field.shape, at: path.isEmpty ? name : "\(path).\(name)", meaning: field.meaning)
            {
                entries.append((name, value))
            }
        }
        for field in fields where field.isRequired && !present.contains(field.name) {
            report(node, .configurationMissing, "\(path) has no \(field.name)", hint: "add \(field.name): to \(path)")
        }
        return ConfigurationValue(content: .table(entries), line: node.line, shape: shape)
    }

    private mutating func reportType(_ node: Node, _ shape: Shape, at path: String, meaning: String?) {
        let place = path.isEmpty ? "the file" : path
        report(
            node, .configurationType, "\(place) should be \(shape.expected)",
            hint: meaning.map { "what it is: \($0)" })
    }

    private mutating func reportUnknown(_ key: Node, _ name: String, among names: [String], at path: String) {
        let place = path.isEmpty ? "at the top of the file" : "under \(path)"
        let near = NearestName.of(name, among: names).first
        report(
            key, .configurationKey,
            "unknown key \"\(TextTable.printable(String(name.prefix(80))))\" \(place)"
                + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
            hint: near.map { "write \($0): instead" } ?? "valid keys: \(names.joined(separator: ", "))")
    }

    private mutating func report(_ node: Node, _ code: FailureCode, _ message: String, hint: String? = nil) {
        problems.append(Problem(line: node.line, code: code, message: message, hint: hint))
    }

    private static func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }
}

extension Node {
    fileprivate var line: Int { mark?.line ?? 1 }
}

extension Shape {
    fileprivate var isContainer: Bool {
        switch self {
        case .record, .list, .table: true
        default: false
        }
    }
}
