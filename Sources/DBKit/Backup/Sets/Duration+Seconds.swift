extension Duration {
    /// Exact for whole seconds, so that an age compares with a limit as a person would; dividing durations is not.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
