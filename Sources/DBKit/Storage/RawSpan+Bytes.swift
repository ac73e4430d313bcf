extension RawSpan {
    /// A copy of the bytes, to keep beyond the call that lent them.
    public var bytes: [UInt8] {
        unsafe withUnsafeBytes { unsafe Array($0) }
    }
}
