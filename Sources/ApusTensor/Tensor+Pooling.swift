import ApusCore

/// A window that slides over the spatial axes of `[batch, spatial…, channels]`.
struct PoolingWindow {
  var size: [Int]
  var stride: [Int]
  var padding: Padding
  var dilation: [Int]
  /// Whether a last window that is not whole counts, if it begins before the padding at the end.
  var ceilMode: Bool

  init(_ size: [Int], stride: [Int]?, padding: Padding, dilation: [Int]? = nil, ceilMode: Bool) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    (self.dilation, self.ceilMode) = (dilation ?? size.map { _ in 1 }, ceilMode)
  }

  /// What is added around, and how much more a last window that is not whole reaches over.
  struct Margins {
    var low, high, excess: [Int]
  }
}

extension Tensor {
  /// The largest element of each window of `[batch, time, channels]`. Padding never wins.
  ///
  /// - Parameters:
  ///   - stride: The window's size unless given.
  ///   - ceilMode: Whether a last window that is not whole counts, as in PyTorch.
  public func maxPool1D(
    _ size: Int, stride: Int? = nil, padding: Padding = .valid, dilation: Int = 1, ceilMode: Bool = false
  ) -> Tensor {
    pooled(
      .max,
      PoolingWindow([size], stride: stride.map { [$0] }, padding: padding, dilation: [dilation], ceilMode: ceilMode))
  }

  /// The largest element of each window of `[batch, height, width, channels]`. Padding never wins.
  public func maxPool2D(
    _ size: Pair, stride: Pair? = nil, padding: Padding = .valid, dilation: Pair = 1, ceilMode: Bool = false
  ) -> Tensor {
    pooled(
      .max,
      PoolingWindow(size.sizes, stride: stride?.sizes, padding: padding, dilation: dilation.sizes, ceilMode: ceilMode))
  }

  /// The largest element of each window of `[batch, depth, height, width, channels]`. Padding never wins.
  public func maxPool3D(
    _ size: Triple, stride: Triple? = nil, padding: Padding = .valid, dilation: Triple = 1, ceilMode: Bool = false
  ) -> Tensor {
    pooled(
      .max,
      PoolingWindow(size.sizes, stride: stride?.sizes, padding: padding, dilation: dilation.sizes, ceilMode: ceilMode))
  }

  /// The smallest element of each window of `[batch, time, channels]`. Padding never wins.
  public func minPool1D(
    _ size: Int, stride: Int? = nil, padding: Padding = .valid, dilation: Int = 1, ceilMode: Bool = false
  ) -> Tensor {
    pooled(
      .min,
      PoolingWindow([size], stride: stride.map { [$0] }, padding: padding, dilation: [dilation], ceilMode: ceilMode))
  }

  /// The smallest element of each window of `[batch, height, width, channels]`. Padding never wins.
  public func minPool2D(
    _ size: Pair, stride: Pair? = nil, padding: Padding = .valid, dilation: Pair = 1, ceilMode: Bool = false
  ) -> Tensor {
    pooled(
      .min,
      PoolingWindow(size.sizes, stride: stride?.sizes, padding: padding, dilation: dilation.sizes, ceilMode: ceilMode))
  }

  /// The smallest element of each window of `[batch, depth, height, width, channels]`. Padding never wins.
  public func minPool3D(
    _ size: Triple, stride: Triple? = nil, padding: Padding = .valid, dilation: Triple = 1, ceilMode: Bool = false
  ) -> Tensor {
    pooled(
      .min,
      PoolingWindow(size.sizes, stride: stride?.sizes, padding: padding, dilation: dilation.sizes, ceilMode: ceilMode))
  }

  /// The mean of each window of `[batch, time, channels]`. Padding counts as zeros, as in PyTorch, unless
  /// `countsPadding` is false.
  public func averagePool1D(
    _ size: Int, stride: Int? = nil, padding: Padding = .valid, ceilMode: Bool = false, countsPadding: Bool = true
  ) -> Tensor {
    averaged(PoolingWindow([size], stride: stride.map { [$0] }, padding: padding, ceilMode: ceilMode), countsPadding)
  }

  /// The mean of each window of `[batch, height, width, channels]`. Padding counts as zeros, as in PyTorch, unless
  /// `countsPadding` is false.
  ///
  /// - Parameter divisor: What sums are divided by instead of the elements' number.
  public func averagePool2D(
    _ size: Pair, stride: Pair? = nil, padding: Padding = .valid, ceilMode: Bool = false, countsPadding: Bool = true,
    divisor: Int? = nil
  ) -> Tensor {
    averaged(
      PoolingWindow(size.sizes, stride: stride?.sizes, padding: padding, ceilMode: ceilMode), countsPadding, divisor)
  }

  /// The mean of each window of `[batch, depth, height, width, channels]`. Padding counts as zeros, as in PyTorch,
  /// unless `countsPadding` is false.
  ///
  /// - Parameter divisor: What sums are divided by instead of the elements' number.
  public func averagePool3D(
    _ size: Triple, stride: Triple? = nil, padding: Padding = .valid, ceilMode: Bool = false,
    countsPadding: Bool = true, divisor: Int? = nil
  ) -> Tensor {
    averaged(
      PoolingWindow(size.sizes, stride: stride?.sizes, padding: padding, ceilMode: ceilMode), countsPadding, divisor)
  }

  /// The p-th root of the sum of p-th powers in each window of `[batch, time, channels]`; the gradient of a window whose
  /// sum is 0 is 0. A last window that is not whole is scaled up, as in PyTorch.
  public func lpPool1D(_ norm: Double, _ size: Int, stride: Int? = nil, ceilMode: Bool = false) -> Tensor {
    normed(norm, PoolingWindow([size], stride: stride.map { [$0] }, padding: .valid, ceilMode: ceilMode))
  }

  /// The p-th root of the sum of p-th powers in each window of `[batch, height, width, channels]`; see
  /// ``lpPool1D(_:_:stride:ceilMode:)``.
  public func lpPool2D(_ norm: Double, _ size: Pair, stride: Pair? = nil, ceilMode: Bool = false) -> Tensor {
    normed(norm, PoolingWindow(size.sizes, stride: stride?.sizes, padding: .valid, ceilMode: ceilMode))
  }

  /// The p-th root of the sum of p-th powers in each window of `[batch, depth, height, width, channels]`; see
  /// ``lpPool1D(_:_:stride:ceilMode:)``.
  public func lpPool3D(_ norm: Double, _ size: Triple, stride: Triple? = nil, ceilMode: Bool = false) -> Tensor {
    normed(norm, PoolingWindow(size.sizes, stride: stride?.sizes, padding: .valid, ceilMode: ceilMode))
  }

  // MARK: Windows over spatial axes

  /// The tensor's spatial sizes, or nil and a mistake where it is not `[batch, spatial…, channels]`.
  func spatialSizes(_ name: String, rank spatial: Int) -> [Int]? {
    if rank == spatial + 2 { return Array(shape[1...spatial]) }
    let axes = ["time"], image = ["height", "width"]
    let names = spatial == 1 ? axes : spatial == 2 ? image : ["depth"] + image
    Mistakes.require(
      false, "\(name): input \(shape), expected [batch, \(names.joined(separator: ", ")), channels]")
    return nil
  }

  func margins(_ name: String, _ window: PoolingWindow) -> PoolingWindow.Margins? {
    let size = window.size
    guard let inputs = spatialSizes(name, rank: size.count) else { return nil }
    guard (size + window.stride + window.dilation).allSatisfy({ $0 >= 1 }) else {
      Mistakes.require(
        false,
        "\(name): window \(size), stride \(window.stride) and dilation \(window.dilation) must be at least 1 on every axis"
      )
      return nil
    }
    guard
      let (low, high) = window.padding.amounts(
        name, inputs: inputs, size: size, stride: window.stride, dilation: window.dilation)
    else { return nil }
    let extents = zip(size, window.dilation).map { ($0 - 1) * $1 + 1 }
    guard zip(low + high, extents + extents).allSatisfy({ 0 <= $0 && $0 < $1 }) else {
      Mistakes.require(
        false,
        "\(name): padding \(low) and \(high) for windows reaching over \(extents), expected less, and none below 0")
      return nil
    }
    var excess = size.map { _ in 0 }
    for axis in size.indices where window.ceilMode {
      let (padded, step) = (inputs[axis] + low[axis] + high[axis], window.stride[axis])
      var count = (padded - extents[axis] + step - 1) / step + 1
      // A window that begins in the padding at the end sees nothing.
      if (count - 1) * step >= inputs[axis] + low[axis] { count -= 1 }
      excess[axis] = Swift.max(0, (count - 1) * step + extents[axis] - padded)
    }
    return PoolingWindow.Margins(low: low, high: high, excess: excess)
  }

  private func pooled(_ reduction: WindowReduction, _ window: PoolingWindow) -> Tensor {
    guard let margins = margins("\(reduction) pooling", window) else { return Mistakes.standIn }
    return pooled(reduction, window, margins)
  }

  private func pooled(
    _ reduction: WindowReduction, _ window: PoolingWindow, _ margins: PoolingWindow.Margins
  ) -> Tensor {
    let high = zip(margins.high, margins.excess).map { $0 + $1 }
    return reduceWindow(
      reduction, size: window.size, axes: Array(1...window.size.count), stride: window.stride,
      padding: zip(margins.low, high).map { (low: $0, high: $1) }, dilation: window.dilation)
  }

  private func averaged(_ window: PoolingWindow, _ countsPadding: Bool, _ divisor: Int? = nil) -> Tensor {
    guard let margins = margins("average pooling", window) else { return Mistakes.standIn }
    if let divisor, divisor == 0 { return Mistakes.report(OpError("average pooling: a divisor of 0")) }
    let sums = floating.pooled(.sum, window, margins)
    if let divisor { return sums / Double(divisor) }
    let isWhole = countsPadding || (margins.low + margins.high).allSatisfy { $0 == 0 }
    if isWhole, margins.excess.allSatisfy({ $0 == 0 }) { return sums / Double(window.size.reduce(1, *)) }
    // How many elements each window has: what reaches out of the padding never counts.
    var (sizes, edges) = (Array(shape[1...window.size.count]), margins)
    if countsPadding {
      sizes = sizes.indices.map { sizes[$0] + margins.low[$0] + margins.high[$0] }
      edges.low = sizes.map { _ in 0 }
      edges.high = edges.low
    }
    return sums / Tensor.ones(Shape([1] + sizes + [1]), dtype: sums.dtype).pooled(.sum, window, edges)
  }

  private func normed(_ norm: Double, _ window: PoolingWindow) -> Tensor {
    guard norm > 0 else { return Mistakes.report(OpError("L^p pooling: p = \(norm), expected more than 0")) }
    let powers = norm == 2 ? squared() : power(norm)
    let sums = powers.averaged(window, true) * Double(window.size.reduce(1, *))
    let isZero = sums .== 0
    let root = select(isZero, Tensor.ones(like: sums), sums).power(1 / norm)
    return select(isZero, Tensor.zeros(like: sums), root)
  }
}
