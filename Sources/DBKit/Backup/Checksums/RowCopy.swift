import Operations
import Postgres
import Storage

/// Which rows of a table, in which form: the one place that writes COPY TO statements.
struct RowCopy: Sendable, Hashable {
    var schema: String
    var name: String
    var columns: [String]
    var format: CopyFormat
    var condition: String?
    var blocks: CopyPlan.BlockRange?

    /// - Parameter spell: writes a name in the encoding that the session speaks.
    func query(_ spell: (Identifier) -> SQLFragment) throws -> Query {
        let table = spell(try identifier(schema, name))
        let names = try columns.map { spell(try identifier($0)) }.joined(separator: ", ")
        // COPY of a table reads it alone, without its children, and plans nothing: no lock on an index is needed.
        guard blocks != nil || condition != nil else {
            if columns.isEmpty { return "COPY \(table) TO STDOUT \(form)" }
            return "COPY \(table) (\(names)) TO STDOUT \(form)"
        }
        return "COPY (SELECT \(names) FROM ONLY \(table) \(filter)) TO STDOUT \(form)"
    }

    private var form: SQLFragment {
        switch format {
        case .binary: "(FORMAT binary)"
        case .text: "(FORMAT text)"
        }
    }

    /// The whole WHERE clause: the extension's own condition, or a range of blocks.
    private var filter: SQLFragment {
        if let condition { return "\(ServerText(catalog: condition))" }
        guard let blocks else { return "" }
        let lower: SQLFragment = "WHERE ctid >= '(\(blocks.lower),0)'::tid"
        guard let upper = blocks.upper else { return lower }
        return "\(lower) AND ctid < '(\(upper),0)'::tid"
    }
}

extension Session {
    /// Makes rows travel in that encoding. The ENCODING option of COPY would not do: the binary forms of types do not
    /// look at it (*seen*).
    func useEncoding(_ encoding: String) throws {
        try execute("SET client_encoding TO \(try literal(encoding))")
    }

    /// A name in a statement of a session whose encoding is that of the rows. Statements leave this program as UTF-8:
    /// a LATIN1 session would read it wrongly, so names go in ASCII there. SQL_ASCII takes bytes as they are, and has
    /// no conversion for the ASCII form.
    func spelled(_ name: Identifier) -> SQLFragment {
        switch parameterStatus("client_encoding") {
        case "UTF8", "SQL_ASCII": "\(name)"
        default: "\(ascii: name)"
        }
    }

    /// Runs the COPY and hands over the rows, without the stream's header and trailer.
    func copyRows(_ copy: RowCopy, _ body: (RawSpan) throws -> Void) throws {
        guard copy.format == .binary else {
            try copyOut(try copy.query(spelled), row: body)
            return
        }
        var isFirst = true
        try copyOut(try copy.query(spelled)) { message in
            let start = CopyStream.binaryRowStart(message, isFirst: isFirst)
            isFirst = false
            guard let start else { return }
            try body(start == 0 ? message : message.extracting(droppingFirst: start))
        }
    }
}
