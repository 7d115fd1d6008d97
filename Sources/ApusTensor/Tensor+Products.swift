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
    let (low, high) = padding.amounts(
      inputs: [shape[1], shape[2]], size: size, stride: stride.array, dilation: dilation.array)
    let window = Window(size: size, stride: stride.array, padLow: low, padHigh: high, dilation: dilation.array)
    return .apply(.convolution(ConvolutionDimensions(channelsLast: window, groups: groups)), self, kernel)
  }

  /// The largest element of each window of `[batch, height, width, channels]`. Padding never wins.
  public func maxPool2D(_ size: Pair, stride: Pair? = nil, padding: Padding = .valid, dilation: Pair = 1) -> Tensor {
    pool2D(.max, size, stride, padding, dilation)
  }

  /// The smallest element of each window of `[batch, height, width, channels]`.
  public func minPool2D(_ size: Pair, stride: Pair? = nil, padding: Padding = .valid, dilation: Pair = 1) -> Tensor {
    pool2D(.min, size, stride, padding, dilation)
  }

  /// The mean of each window of `[batch, height, width, channels]`. Padding counts as zeros, as in PyTorch, unless
  /// `countsPadding` is false.
  public func averagePool2D(
    _ size: Pair, stride: Pair? = nil, padding: Padding = .valid, countsPadding: Bool = true
  ) -> Tensor {
    let sums = pool2D(.sum, size, stride, padding, 1)
    if countsPadding { return sums / Double(size.height * size.width) }
    return sums / Tensor.ones(like: self).pool2D(.sum, size, stride, padding, 1)
  }

  private func pool2D(
    _ reduction: Reduction, _ size: Pair, _ stride: Pair?, _ padding: Padding, _ dilation: Pair
  ) -> Tensor {
    guard rank == 4 else {
      return Mistakes.report(
        OpError("\(reduction) pooling: input \(shape), expected [batch, height, width, channels]"))
    }
    let stride = stride ?? size
    let (low, high) = padding.amounts(
      inputs: [shape[1], shape[2]], size: size.array, stride: stride.array, dilation: dilation.array)
    let window = Window(
      size: [1] + size.array + [1], stride: [1] + stride.array + [1], padLow: [0] + low + [0],
      padHigh: [0] + high + [0], dilation: [1] + dilation.array + [1])
    return .apply(.reduceWindow(reduction, window), self)
  }
}

/// A height and a width; one number means both.
public struct Pair: Hashable, Sendable, ExpressibleByIntegerLiteral {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  public init(_ both: Int) { self.init(both, both) }
  public init(integerLiteral value: Int) { self.init(value, value) }

  var array: [Int] { [height, width] }
}

/// How the edges of an image are treated by a window.
public enum Padding: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// None: only whole windows.
  case valid
  /// As much as gives ⌈size / stride⌉ results, the odd one at the end.
  case same
  /// As much as lets every window that touches the input count.
  case full
  /// This many rows above and below, and columns left and right.
  case explicit(Pair)
  /// So many rows above and columns left, and so many below and right.
  case sides(before: Pair, after: Pair)

  public init(integerLiteral value: Int) { self = .explicit(Pair(value)) }

  func amounts(inputs: [Int], size: [Int], stride: [Int], dilation: [Int]) -> (low: [Int], high: [Int]) {
    let extents = zip(size, dilation).map { ($0 - 1) * $1 + 1 }
    switch self {
    case .valid: return (size.map { _ in 0 }, size.map { _ in 0 })
    case .full: return (extents.map { $0 - 1 }, extents.map { $0 - 1 })
    case .explicit(let pair): return (pair.array, pair.array)
    case .sides(let before, let after): return (before.array, after.array)
    case .same:
      let totals = inputs.indices.map { axis in
        let step = Swift.max(1, stride[axis])
        return Swift.max(0, ((inputs[axis] + step - 1) / step - 1) * step + extents[axis] - inputs[axis])
      }
      return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
    }
  }
}
