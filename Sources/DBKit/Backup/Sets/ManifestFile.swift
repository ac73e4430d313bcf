import Foundation
public import Operations
import Storage

/// `manifest.json` as bytes: compact JSON whose last member vouches for every byte before it.
///
/// `,"sha256":"…"}` and one newline end the file; the digest is over all that stands before `,"sha256"`. So one
/// flipped bit anywhere, a cut, or a byte too many is seen before anything in the document is believed (B3).
public enum ManifestFile {
    public static let name = "manifest.json"

    private static let member = Array(",\"sha256\":\"".utf8)
    private static let end = Array("\"}\n".utf8)
    private static let digestLength = 64

    public static func encode(_ manifest: Manifest) throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let document: [UInt8]
        do {
            document = Array(try encoder.encode(manifest))
        } catch {
            throw Failure(.backupDamaged, "the manifest cannot be written: \(error)", category: .bug)
        }
        let body = Array(document.dropLast())
        return body + member + Array(Digest.hex(body).utf8) + end
    }

    /// - Parameter place: how a person finds the set, for messages.
    /// - Throws: `backup.damaged` when a byte is not what was written.
    public static func decode(_ bytes: [UInt8], place: String) throws(Failure) -> Manifest {
        let tail = member.count + digestLength + end.count
        let body = Array(bytes.dropLast(tail))
        let expected = member + Array(Digest.hex(body).utf8) + end
        guard bytes.count > tail, Array(bytes.suffix(tail)) == expected else {
            throw damaged(place, "its checksum does not match its content")
        }
        let document = Data(body + [UInt8(ascii: "}")])
        do {
            // First alone: the rest of a newer format may have any shape.
            let format = try JSONDecoder().decode(Format.self, from: document).format
            guard format <= Manifest.currentFormat else {
                throw Failure(
                    .backupNewerFormat,
                    "\(place) has format \(format); this dbctl reads up to \(Manifest.currentFormat)",
                    hint: "use the dbctl that wrote it, or a newer one")
            }
            return try JSONDecoder().decode(Manifest.self, from: document)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw damaged(place, "it is no manifest: \(error)")
        }
    }

    private struct Format: Decodable {
        var format: Int
    }

    private static func damaged(_ place: String, _ why: String) -> Failure {
        Failure(
            .backupDamaged, "\(place)/\(name) is damaged: \(why)",
            hint: "do not restore this set; `dbctl backup list` shows the others")
    }
}
