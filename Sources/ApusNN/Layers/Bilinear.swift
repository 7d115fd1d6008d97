import ApusTensor

/// x₁ᵀ·Wₖ·x₂ + bₖ for each output k: `[…, inputs1]` and `[…, inputs2]` to `[…, outputs]`.
public final class Bilinear: Module {
  /// `[outputs, inputs1, inputs2]`
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?

  /// - Parameter initializer: Of the weight and the bias; uniform in ±1/√inputs1 unless given, as PyTorch's.
  public init(
    _ inputs1: Int, _ inputs2: Int, _ outputs: Int, bias: Bool = true, initializer: Initializer = .standard,
    key: inout RandomKey
  ) {
    weight = initializer([outputs, inputs1, inputs2], fanIn: inputs1, fanOut: outputs, key: &key)
    self.bias = bias ? Initializer.standard([outputs], fanIn: inputs1, fanOut: outputs, key: &key) : nil
  }

  public func callAsFunction(_ x1: Tensor, _ x2: Tensor) -> Tensor {
    let (outputs, inputs1, inputs2) = (weight.shape[0], weight.shape[1], weight.shape[2])
    guard x1.rank >= 1, x2.rank == x1.rank, x1.shape.dropLast() == x2.shape.dropLast(), x1.shape.last == inputs1,
      x2.shape.last == inputs2
    else {
      return .mistake("Bilinear: inputs \(x1.shape) and \(x2.shape), expected […, \(inputs1)] and […, \(inputs2)]")
    }
    let rows = x1.count / max(1, inputs1)
    let matrix = weight.reshaped(to: [outputs * inputs1, inputs2])
    let right = x2.reshaped(to: [rows, inputs2]).matmul(matrix.transposed()).reshaped(to: [rows, outputs, inputs1])
    let sums = right.matmul(x1.reshaped(to: [rows, inputs1, 1])).reshaped(
      to: Shape(Array(x1.shape.dropLast()) + [outputs]))
    return traced(bias.map { sums + $0 } ?? sums, multiplyAdds: rows * weight.count)
  }
}
