import ArgumentParser
import DBKit

/// How many sets are kept: each option, where it is not given, falls back on its key under `backup.keep`.
struct RetentionOptions: ParsableArguments, Sendable {
    // What follows is the value, whatever it looks like: -1 is a wrong number, and not a missing one.

    @Option(parsing: .unconditional, help: ArgumentHelp("Keep the newest n sets.", valueName: "n"))
    var keepLast: Int?

    @Option(
        help: ArgumentHelp("Keep every set that is at most this much older than the newest.", valueName: "dur"),
        transform: { try Duration(spelled: $0) })
    var keepWithin: Duration?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keep the newest set of each of the last n days that have one.", valueName: "n"))
    var keepDaily: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("The same for weeks, from Monday.", valueName: "n"))
    var keepWeekly: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("The same for months.", valueName: "n"))
    var keepMonthly: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("The same for years.", valueName: "n"))
    var keepYearly: Int?

    func validate() throws {
        let counts = [
            ("--keep-last", keepLast), ("--keep-daily", keepDaily), ("--keep-weekly", keepWeekly),
            ("--keep-monthly", keepMonthly), ("--keep-yearly", keepYearly),
        ]
        for (option, count) in counts where (count ?? 0) < 0 {
            throw ValidationError("\(option) needs a number of at least 0")
        }
    }

    func policy(_ context: Context) throws(Failure) -> RetentionPolicy {
        var policy = try RetentionPolicy.configured(context)
        policy.last = keepLast ?? policy.last
        policy.within = keepWithin ?? policy.within
        policy.daily = keepDaily ?? policy.daily
        policy.weekly = keepWeekly ?? policy.weekly
        policy.monthly = keepMonthly ?? policy.monthly
        policy.yearly = keepYearly ?? policy.yearly
        return policy
    }
}

extension RetentionPolicy {
    /// What stands under `backup.keep`.
    static func configured(_ context: Context) throws(Failure) -> RetentionPolicy {
        RetentionPolicy(
            last: try context.setting(.keepLast, flag: nil), within: try context.setting(.keepWithin, flag: nil),
            daily: try context.setting(.keepDaily, flag: nil), weekly: try context.setting(.keepWeekly, flag: nil),
            monthly: try context.setting(.keepMonthly, flag: nil), yearly: try context.setting(.keepYearly, flag: nil))
    }
}
