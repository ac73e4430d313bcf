import DBKit
import Foundation

/// What `dbctl.operations` says about a run.
extension Context {
    var operationRun: OperationLog.Run {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let secrets = ArgumentSecrets(arguments)
        return OperationLog.Run(
            id: runID, command: command,
            // Without the words of the command, which stand beside them.
            arguments: arguments.dropFirst(command.split(separator: " ").count).map(secrets.hiding),
            operatingSystemUser: NSUserName(), host: ProcessInfo.processInfo.hostName, version: Version.number)
    }
}
