import ApusTensor

/// A table of vectors looked up by number: integers `[…]` to `[…, features]`.
public final class Embedding: Module, Layer {
  /// `[vocabulary, features]`
  @Parameter public var weight: Tensor
  public let paddingIndex: Int?

  /// - Parameters:
  ///   - paddingIndex: A row that starts at zero and is not trained, counted from the end when negative.
  ///   - sparse: Whether ``valueAndSparseGrad(_:_:)`` gives the table's gradient as the rows that were looked up.
  ///   - initializer: Standard normal unless given, as PyTorch's.
  public init(
    _ vocabulary: Int, _ features: Int, paddingIndex: Int? = nil, sparse: Bool = false,
    initializer: Initializer = .normal(standardDeviation: 1), key: inout RandomKey
  ) {
    self.paddingIndex = paddingIndex
    var table = initializer([vocabulary, features], fanIn: vocabulary, fanOut: features, key: &key)
    if let paddingIndex {
      guard (-vocabulary..<vocabulary).contains(paddingIndex) else {
        fatalError("Embedding: paddingIndex \(paddingIndex), expected \(-vocabulary)..<\(vocabulary)")
      }
      table[paddingIndex] = .zeros([features])
    }
    weight = table
    _weight.hasSparseGradient = sparse
  }

  public func callAsFunction(_ indices: Tensor) -> Tensor {
    traced(embedding(indices, table: weight, paddingIndex: paddingIndex))
  }
}
