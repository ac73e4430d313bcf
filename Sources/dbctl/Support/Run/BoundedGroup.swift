/// At most `limit` at a time, results in the order of the input.
enum BoundedGroup {
    static func map<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], limit: Int, _ body: @escaping @Sendable (Input) async -> Output
    ) async -> [Output] {
        await withTaskGroup(of: (Int, Output).self) { group in
            var results = [Output?](repeating: nil, count: inputs.count)
            var next = inputs.startIndex
            func start() {
                guard next < inputs.endIndex else { return }
                let index = next
                next += 1
                group.addTask { (index, await body(inputs[index])) }
            }
            for _ in 0..<max(1, limit) { start() }
            while let (index, output) = await group.next() {
                results[index] = output
                start()
            }
            return results.compactMap { $0 }
        }
    }
}
