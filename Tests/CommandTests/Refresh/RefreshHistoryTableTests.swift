// What `refresh history`, `show` and `undo` print, from documents as programs get them.

import DBKit
import Foundation
import Testing

@testable import dbctl

@Suite("What history, show and undo print") struct RefreshHistoryTableTests {
    private let style = Style(color: false, now: Date(timeIntervalSince1970: 1_718_000_000))

    private func decoded<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: Data(json.utf8))
    }

    private static func run(_ id: String, _ state: String, _ more: String = "") -> String {
        """
        {"run_id":"\(id)","feed":"prices","table":"public.prices","files":["a.csv","b.csv"],"state":"\(state)",
         "started_at":"2024-06-10T02:00:00Z","finished_at":"2024-06-10T02:00:03Z","read":1203,"inserted":3,
         "updated":1100,"unchanged":100,"rejected":0,"collapsed":0,"suppressed":0,"batches":1,
         "pending":\(state == "partial" ? 40 : 0)\(more)}
        """
    }

    @Test("history is one line a run, with until when it can be taken back")
    func history() throws {
        let runs = [
            Self.run("01J3", "applied", #","undoable":true,"undoable_until":"2024-07-10T02:00:03Z""#),
            Self.run("01J2", "undone", #","undoable":false,"undone_by":"01J3""#),
            Self.run("01J1", "partial", #","undoable":false"#),
        ]
        let report = try decoded(RefreshHistoryReport.self, "{\"runs\":[\(runs.joined(separator: ","))]}")
        #expect(
            report.human(style) == """
                RUN   STARTED               FEED    TABLE          STATE    READ  INSERTED  UPDATED  REJECTED  PENDING  UNDO
                01J3  2024-06-10T02:00:00Z  prices  public.prices  applied  1203         3     1100         0        0  until 2024-07-10
                01J2  2024-06-10T02:00:00Z  prices  public.prices  undone   1203         3     1100         0        0  undone by 01J3
                01J1  2024-06-10T02:00:00Z  prices  public.prices  partial  1203         3     1100         0       40  -
                """)
        #expect(
            try decoded(RefreshHistoryReport.self, #"{"runs":[]}"#).human(style)
                == "No refresh is recorded in this database.")
        #expect(
            try decoded(RefreshHistoryReport.self, #"{"runs":[],"feed":"fx","table":"prices"}"#).human(style)
                == "No refresh of the feed fx into a table called prices is recorded in this database; "
                + "dbctl refresh history lists all of them.")
    }

    @Test("show has the figures, the largest moves and the first changes, column by column")
    func show() throws {
        let detail = try decoded(
            RefreshRunDetail.self,
            """
            {"run":\(Self.run("01J3", "applied", #","undoable":true,"undoable_until":"2024-07-10T02:00:03Z","backup_set":"S1""#)),
             "moves":[{"key":["7"],"column":"close","before":"10","after":"11","factor":1.1}],
             "changes":[
               {"kind":"updated","key":["7","2024-06-10"],"before":{"close":"10","note":null,"open":"1"},
                "now":{"close":"11","note":"x","open":"1"}},
               {"kind":"inserted","key":["8","2024-06-10"],"before":{},"now":{"close":"5","note":null}},
               {"kind":"updated","key":["9","2024-06-10"],"before":{"close":"1"},"now":{}}],
             "changes_count":1103}
            """)
        #expect(
            detail.human(style) == """
                RUN           01J3
                feed          prices
                table         public.prices
                files         a.csv, b.csv
                state         applied
                started       2024-06-10T02:00:00Z
                finished      2024-06-10T02:00:03Z
                read          1203
                inserted      3
                updated       1100
                unchanged     100
                rejected      0
                collapsed     0
                suppressed    0
                batches       1
                undo          until 2024-07-10
                taken before  backup set S1

                LARGEST MOVES  COLUMN  BEFORE  AFTER   CHANGE
                7              close       10     11  +10.0 %

                CHANGED                 COLUMN  BEFORE  NOW
                7 2024-06-10  updated   close   10      11
                7 2024-06-10  updated   note    NULL    x
                8 2024-06-10  inserted  close           5
                8 2024-06-10  inserted  note            NULL
                9 2024-06-10  updated   (gone)
                … and 1100 rows more (--limit)
                """)
    }

    private func undo(_ more: String) throws -> String {
        try decoded(
            RefreshUndoReport.self,
            #"{"undone_run_id":"01J3","table":"public.prices","key_columns":["asset_id","date"],"retries":0,"warnings":[],"referenced":0,"suppressed":0,\#(more)}"#
        ).human(style)
    }

    @Test("R8: an undo that could put nothing back is a no, and a table with another name has both")
    func inVain() throws {
        func report(_ more: String) throws -> RefreshUndoReport {
            try decoded(
                RefreshUndoReport.self,
                #"{"undone_run_id":"01J3","table":"public.prices","key_columns":["k"],"retries":0,"removed":0,"suppressed":0,"referenced":0,"edited_keys":[],"dry_run":false,\#(more)}"#
            )
        }
        let inVain = try report(#""restored":0,"kept":0,"edited":2,"warnings":["look"]"#)
        #expect(inVain.exitStatus == .negative)
        #expect(
            inVain.human(style) == """
                NOTHING WAS PUT BACK: no row that may be is as run 01J3 left it
                warning: look
                left as they are: 2 rows that somebody has edited or deleted since
                """)
        #expect(try report(#""restored":0,"kept":1,"edited":0,"warnings":[]"#).exitStatus == .done)
        #expect(
            try report(#""restored":1,"kept":0,"edited":1,"warnings":[],"table_now":"public.quotes""#).human(style)
                .hasPrefix("UNDONE run 01J3: 1 row of public.quotes (public.prices when the run wrote it) put back\n"))
    }

    @Test("R8: undo says what it put back, what stays, and which rows somebody has edited since")
    func undone() throws {
        #expect(
            try undo(
                #""dry_run":false,"restored":1098,"removed":0,"kept":3,"edited":12,"edited_keys":[["7","2024-06-10"]]"#)
                    == """
                    UNDONE run 01J3: 1098 rows of public.prices put back
                    3 inserted rows stay; --remove-inserted deletes them
                    left as they are: 12 rows that somebody has edited or deleted since
                      asset_id 7, date 2024-06-10
                      … and 11 more
                    """)
        #expect(
            try undo(#""dry_run":true,"restored":1,"removed":3,"kept":0,"edited":0,"edited_keys":[]"#)
                == "DRY RUN: nothing was changed. Undoing run 01J3: 1 row of public.prices put back, "
                + "3 inserted rows deleted; --yes does it")
        #expect(
            try undo(#""dry_run":false,"restored":0,"removed":0,"kept":1,"edited":0,"edited_keys":[]"#)
                == "NOTHING WAS PUT BACK: no row that may be is as run 01J3 left it\n1 inserted row stays; --remove-inserted deletes it"
        )
    }
}
