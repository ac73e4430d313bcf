import Operations

extension LiveIndexBuild {
    func failure(_ table: String) -> Failure {
        Failure(
            .indexBeingBuilt,
            "an index of \(table) is being built by \(who), phase: \(phase ?? "not visible to this role")",
            detail: "Nothing was changed; that build was left alone.",
            hint: "run the same command again when it is done, or wait for it with --wait 1h")
    }
}
