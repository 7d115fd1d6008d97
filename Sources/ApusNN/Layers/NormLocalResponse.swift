import ApusTensor

/// Local response normalisation (Krizhevsky et al. 2012): channels last, `[…, channels]` to the same shape. Each element is
/// divided by (k + α · mean of the squares of `size` neighbouring channels)^β; beyond the ends there are zeros.
///
/// AlexNet's α multiplies the sum, not the mean: its 1e-4 with five channels is 5e-4 here, as in PyTorch.
public final class LocalResponseNorm: Module, Layer, ParameterFree {
  public let size: Int
  public let alpha: Double
  public let beta: Double
  public let k: Double

  public init(_ size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
    isPossible(size > 0, "LocalResponseNorm: size \(size), expected 1 or more")
    (self.size, self.alpha, self.beta, self.k) = (max(1, size), alpha, beta, k)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard let channels = x.shape.last else {
      return .mistake("LocalResponseNorm: input \(x.shape), expected [..., channels]")
    }
    let around = x.shape.indices.map { $0 == x.rank - 1 ? (size / 2, (size - 1) / 2) : (0, 0) }
    let squares = x.squared().padded(around)
    let windows = (0..<size).map { squares[TensorIndex.ellipsis, $0..<$0 + channels] }
    let sum = windows.dropFirst().reduce(windows[0], +)
    return traced(x / (sum * (alpha / Double(size)) + k).power(beta))
  }
}
