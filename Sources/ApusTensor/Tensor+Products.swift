import ApusCore

extension Tensor {
  /// The matrix product of the last two axes, with NumPy's rules for vectors and for batches: `[…, n, k]` by
  /// `[…, k, m]` is `[…, n, m]`.
  public func matmul(_ other: Tensor) -> Tensor {
    if dtype != other.dtype, Promotion.current == .automatic {
      let (left, right) = Tensor.promoted(self, other)
      return left.matmul(right)
    }
    if rank == 0 || other.rank == 0 {
      return Mistakes.report(OpError("matmul: \(shape) × \(other.shape): scalars have no axes. Use `*`"))
    }
    if rank == 1 { return expandingAxis(0).matmul(other).droppingAxis(other.rank == 1 ? 0 : -2, "matmul") }
    if other.rank == 1 { return matmul(other.expandingAxis(1)).droppingAxis(-1, "matmul") }
    let (n, inner) = (shape[rank - 1], other.shape[other.rank - 2])
    guard n == inner else { return Mistakes.report(OpError(matmulMessage(other))) }
    if other.rank == 2 {
      return .apply(.dotGeneral(DotDimensions(leftContracting: [rank - 1], rightContracting: [0])), self, other)
    }
    guard let batch = broadcastShape(Shape(shape.dropLast(2)), Shape(other.shape.dropLast(2))) else {
      return Mistakes.report(OpError("matmul: \(shape) × \(other.shape): the batch axes do not broadcast"))
    }
    let left = broadcast(to: Shape(Array(batch) + shape.suffix(2)))
    let right = other.broadcast(to: Shape(Array(batch) + other.shape.suffix(2)))
    let axes = Array(0..<batch.rank)
    let dimensions = DotDimensions(
      leftBatch: axes, rightBatch: axes, leftContracting: [batch.rank + 1], rightContracting: [batch.rank])
    return .apply(.dotGeneral(dimensions), left, right)
  }

  private func droppingAxis(_ axis: Int, _ name: String) -> Tensor {
    if Mistakes.hasFailed { return self }
    return reshaped(to: shape.removing([self.axis(axis, name)]))
  }

  private func matmulMessage(_ other: Tensor) -> String {
    let (left, right) = (shape[rank - 1], other.shape[other.rank - 2])
    let text = "matmul: \(shape) × \(other.shape): inner sizes \(left) and \(right) differ."
    if other.shape[other.rank - 1] == left { return text + " Transpose the second operand?" }
    if shape[rank - 2] == right { return text + " Transpose the first operand?" }
    return text + " The last axis of the first must equal the last but one of the second"
  }

  /// Convolution (cross-correlation) of `[batch, height, width, channels]` with a kernel `[kernelHeight, kernelWidth,
  /// channels / groups, outputs]`: `[batch, ⌊(height + 2·padding − extent) / stride⌋ + 1, …, outputs]`.
  public func conv2D(
    _ kernel: Tensor, stride: Pair = 1, padding: Padding = .valid, dilation: Pair = 1, groups: Int = 1
  ) -> Tensor {
    guard rank == 4, kernel.rank == 4 else {
      return Mistakes.report(
        OpError(
          "conv2D: input \(shape) and kernel \(kernel.shape), expected [batch, height, width, channels] and "
            + "[height, width, channels / groups, outputs]"))
    }
    let size = [kernel.shape[0], kernel.shape[1]]
    guard
      let (low, high) = padding.amounts(
        "conv2D", inputs: [shape[1], shape[2]], size: size, stride: stride.sizes, dilation: dilation.sizes)
    else { return Mistakes.standIn }
    let window = Window(size: size, stride: stride.sizes, padLow: low, padHigh: high, dilation: dilation.sizes)
    return .apply(.convolution(ConvolutionDimensions(channelsLast: window, groups: groups)), self, kernel)
  }
}
