/// The stable name of a way to fail, with the category it belongs to.
///
/// Codes are declared where their subject lives (`extension FailureCode { static let … }`) and are collected in
/// ``FailureCatalogue``, which `dbctl explain CODE` reads.
public struct FailureCode: Sendable, Hashable {
    public let name: String
    public let category: Failure.Category

    public init(_ name: String, _ category: Failure.Category) {
        self.name = name
        self.category = category
    }
}
