import ApusTensor

/// y_o = x₁ᵀ·W_o·x₂ + b_o: `[…, first]` and `[…, second]` to `[…, outputs]`.
public final class Bilinear: Module {
  /// `[outputs, first, second]`
  @Parameter public var weight: Tensor
  /// `[outputs]`
  @Parameter public var bias: Tensor?

  /// Weight and bias are uniform in ±1/√first, as PyTorch's.
  public init(_ first: Int, _ second: Int, _ outputs: Int, bias: Bool = true, key: inout RandomKey) {
    weight = Initializer.standard([outputs, first, second], fanIn: first, fanOut: outputs, key: &key)
    self.bias = bias ? Initializer.standard([outputs], fanIn: first, fanOut: outputs, key: &key) : nil
  }

  public func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (outputs, first, second) = (weight.shape[0], weight.shape[1], weight.shape[2])
    guard a.shape.last == first, b.shape.last == second, a.shape.dropLast() == b.shape.dropLast() else {
      return .mistake("Bilinear: inputs \(a.shape) and \(b.shape), expected […, \(first)] and […, \(second)] alike")
    }
    let count = a.count / max(1, first)
    // Each pair (x₁, W_o) first: one product for the whole batch.
    let left = a.reshaped(to: [count, first]).matmul(weight.transposed([1, 0, 2]).reshaped(to: [first, -1]))
    let y = (left.reshaped(to: [count, outputs, second]) * b.reshaped(to: [count, 1, second])).sum(axis: 2)
    let shaped = y.reshaped(to: Shape(a.shape.dropLast() + [outputs]))
    return traced(bias.map { shaped + $0 } ?? shaped, multiplyAdds: count * weight.count)
  }
}
