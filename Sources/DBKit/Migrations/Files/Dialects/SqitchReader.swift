/// sqitch: the order is that of `sqitch.plan`, the scripts lie in `deploy` and `revert`. A change's version is its place
/// in the plan, counted from 1. Scripts in `verify` are for sqitch itself and are not read.
enum SqitchReader: DialectReader {
    static let planName = "sqitch.plan"
    static let configurationName = "sqitch.conf"
    static let folders = ["deploy", "revert"]

    static func migrations(_ reading: inout FolderReading) -> [Migration] {
        checkConfiguration(&reading)
        for file in reading.migrationFiles {
            reading.report(
                file.path, "sqitch keeps its scripts in deploy, revert and verify",
                hint: "sqitch add NAME makes a change with its scripts")
        }
        guard let file = reading.file(planName) else {
            reading.report(planName, "the file does not exist", hint: "name the folder in which it lies with --dir")
            return []
        }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            reading.report(planName, line: 1, "the file is not UTF-8")
            return []
        }
        let plan: SqitchPlan
        do throws(SQLScriptError) {
            plan = try SqitchPlan(text)
        } catch {
            reading.report(planName, line: error.line, error.message)
            return []
        }
        return plan.changes.enumerated().compactMap { migration($0.element, place: $0.offset + 1, &reading) }
    }

    private static func migration(
        _ change: SqitchPlan.Change, place: Int, _ reading: inout FolderReading
    ) -> Migration? {
        guard let version = MigrationVersion(String(place)) else { return nil }
        guard let deploy = script(of: change, in: "deploy", reading) else {
            reading.report(
                planName, line: change.line, "there is no deploy/\(change.scriptNames[0]).sql",
                hint: "bring it back from version control")
            return nil
        }
        let up = reading.wholeFile(deploy).map(statementByStatement)
        let down = script(of: change, in: "revert", reading).flatMap { reading.wholeFile($0) }.map(statementByStatement)
        guard let up else { return nil }
        var migration = Migration(
            identity: .versioned(version), name: change.name, dialect: .sqitch, source: MigrationText(deploy.bytes),
            up: up, down: down)
        migration.changeID = change.id
        return migration
    }

    private static func script(
        of change: SqitchPlan.Change, in folder: String, _ reading: FolderReading
    ) -> MigrationFolder.File? {
        for name in change.scriptNames {
            if let file = reading.file("\(folder)/\(name).sql") { return file }
        }
        return nil
    }

    /// As psql runs a script: what stands outside of its BEGIN and COMMIT is on its own.
    private static func statementByStatement(_ section: MigrationSection) -> MigrationSection {
        var section = section
        section.directives.isOutsideTransaction = true
        return section
    }

    /// What it may say of engine and folders: where the scripts are not in their usual place, none would be found.
    private static func checkConfiguration(_ reading: inout FolderReading) {
        guard let file = reading.file(configurationName) else { return }
        let moved: Set = [
            "top_dir", "plan_file", "deploy_dir", "revert_dir", "reworked_dir", "reworked_deploy_dir",
            "reworked_revert_dir", "extension",
        ]
        let lines = String(decoding: file.bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() {
            let parts = line.split(separator: "=", maxSplits: 1).map(\.trimmed)
            guard parts.count == 2 else { continue }
            let (name, value) = (String(parts[0]), parts[1].filter { $0 != "\"" })
            if name == "engine", value != "pg" {
                reading.report(
                    configurationName, line: number + 1, "these changes are for \(value), not for PostgreSQL")
            }
            if moved.contains(name), ![".", "./", "sqitch.plan", "deploy", "revert", "sql"].contains(value) {
                reading.report(
                    configurationName, line: number + 1, "\(name) = \(value): dbctl looks in deploy and revert only",
                    hint: "name the folder that holds sqitch.plan, deploy and revert with --dir")
            }
        }
    }
}
