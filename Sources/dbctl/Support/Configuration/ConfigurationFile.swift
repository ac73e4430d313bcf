import DBKit
import Foundation

/// Where dbctl.yaml is looked for, and how it is read.
enum ConfigurationFile {
    /// `--config`, `./dbctl.yaml`, `$XDG_CONFIG_HOME/dbctl/dbctl.yaml` (by default under `~/.config`), `/etc/dbctl/`.
    static func find(option: String?, environment: [String: String]) throws(Failure) -> String? {
        if let option {
            guard FileManager.default.fileExists(atPath: option) else {
                throw Failure(
                    .fileMissing, "--config: \(option) does not exist", hint: "dbctl init --config \(option)")
            }
            return option
        }
        return candidates(environment).first { FileManager.default.fileExists(atPath: $0) }
    }

    static func candidates(_ environment: [String: String]) -> [String] {
        let home =
            environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? environment["HOME"].map { $0 + "/.config" }
        return ["dbctl.yaml"] + (home.map { ["\($0)/dbctl/dbctl.yaml"] } ?? []) + ["/etc/dbctl/dbctl.yaml"]
    }

    static func load(_ path: String, environment: [String: String]) throws(Failure) -> Configuration {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(.fileUnreadable, "\(path) cannot be read", hint: "check its permissions")
        }
        guard data.count <= 4 << 20 else {
            throw Failure(.configurationSyntax, "\(path):1: larger than 4 MiB; this is no dbctl.yaml")
        }
        guard var text = String(validating: data, as: UTF8.self) else {
            let line = data.prefix(firstInvalidByte(data)).count { $0 == UInt8(ascii: "\n") } + 1
            throw Failure(.configurationSyntax, "\(path):\(line): not UTF-8 text", hint: "save the file as UTF-8")
        }
        if text.first == "\u{FEFF}" { text.removeFirst() }
        return Configuration(
            file: path, root: try ConfigurationDecoder.decode(text, file: path), environment: environment)
    }

    private static func firstInvalidByte(_ data: Data) -> Int {
        var low = 0
        var high = data.count
        // Valid prefixes may be cut inside a character, so compare up to the last complete one: by line.
        for (index, byte) in data.enumerated() where byte == UInt8(ascii: "\n") {
            if String(validating: data[low..<index], as: UTF8.self) == nil {
                high = index
                break
            }
            low = index
        }
        return min(low + 1, high)
    }
}
