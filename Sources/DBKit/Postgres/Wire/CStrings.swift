/// Runs `body` with an array of pointers to C strings, nil for nil, as libpq takes its parameter lists.
///
/// All strings lie in one buffer, which lives for the length of the call.
func withCStrings<T>(_ strings: [String?], _ body: ([UnsafePointer<CChar>?]) -> T) -> T {
    var flat: [CChar] = []
    var offsets: [Int?] = []
    for string in strings {
        offsets.append(string == nil ? nil : flat.count)
        if let string { flat += Array(string.utf8CString) }
    }
    return unsafe flat.withUnsafeBufferPointer { buffer in
        let base = buffer.baseAddress
        let pointers = unsafe offsets.map { offset in
            unsafe offset.flatMap { offset in unsafe base.map { unsafe $0 + offset } }
        }
        return unsafe body(pointers)
    }
}
