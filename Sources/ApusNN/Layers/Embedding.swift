import ApusTensor

/// A table of vectors looked up by number: integers `[…]` to `[…, features]`.
public final class Embedding: Module, Layer {
  /// `[vocabulary, features]`
  @Parameter public var weight: Tensor
  public let paddingIndex: Int?

  /// - Parameters:
  ///   - paddingIndex: A row that starts at zero and is not trained, counted from the end when negative.
  ///   - initializer: Standard normal unless given, as PyTorch's.
  public init(
    _ vocabulary: Int, _ features: Int, paddingIndex: Int? = nil,
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
  }

  public func callAsFunction(_ indices: Tensor) -> Tensor {
    traced(embedding(indices, table: weight, paddingIndex: paddingIndex))
  }
}
