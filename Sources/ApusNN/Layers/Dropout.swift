import ApusTensor

/// Dropout (Srivastava et al. 2014): any layout. In training each element is zero with `probability` and the others are
/// scaled by 1 / (1 − probability); in inference nothing happens.
public final class Dropout: Module, Layer {
  public let probability: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ probability: Double = 0.5, key: inout RandomKey) {
    guard (0...1).contains(probability) else { fatalError("Dropout: probability \(probability), expected 0...1") }
    self.probability = probability
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard Phase.current == .training, probability > 0 else { return traced(x) }
    if probability == 1 { return traced(x * 0) }
    var stream = RandomKey(words: key)
    let keeps = Tensor.bernoulli(x.shape, probability: 1 - probability, key: &stream)
    key = stream.words
    return traced(select(keeps, x * (1 / (1 - probability)), Tensor.zeros(like: x)))
  }
}
