import ApusCore

extension Tensor {
  /// The mean over all spatial axes of `[batch, spatial…, channels]`: `[batch, channels]`, or with `keepDims` sizes of 1.
  public func globalAveragePool(keepDims: Bool = false) -> Tensor {
    overSpatialAxes("globalAveragePool") { $0.mean(axes: $1, keepDims: keepDims) }
  }

  /// The largest over all spatial axes of `[batch, spatial…, channels]`: `[batch, channels]`, or with `keepDims` sizes
  /// of 1.
  public func globalMaxPool(keepDims: Bool = false) -> Tensor {
    overSpatialAxes("globalMaxPool") { $0.max(axes: $1, keepDims: keepDims) }
  }

  private func overSpatialAxes(_ name: String, _ body: (Tensor, [Int]) -> Tensor) -> Tensor {
    guard rank >= 3 else {
      return Mistakes.report(OpError("\(name): input \(shape), expected [batch, spatial…, channels]"))
    }
    return body(self, Array(1..<(rank - 1)))
  }

  /// Means of nearly equal windows, as many as are wanted whatever the size: `[batch, spatial…, channels]` to `[batch,
  /// output…, channels]`. Window i of n covers ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
  ///
  /// - Parameter output: One number for each spatial axis; nil keeps the input's size.
  public func adaptiveAveragePool(_ output: [Int?]) -> Tensor {
    guard let windows = adaptiveWindows("adaptiveAveragePool", output) else { return Mistakes.standIn }
    if let size = AdaptiveWindows.even(windows) {
      let means = reduceWindow(.sum, size: size, axes: Array(1...size.count), stride: size)
      return means / Double(size.reduce(1, *))
    }
    return windows.enumerated().reduce(self) { x, entry in
      let shares = entry.element.shares.cast(to: x.dtype)
      return x.movingAxis(entry.offset + 1, to: -1).matmul(shares).movingAxis(-1, to: entry.offset + 1)
    }
  }

  /// The largest element of nearly equal windows, as many as are wanted whatever the size: see
  /// ``adaptiveAveragePool(_:)``. Gradients go to a window's first largest element.
  public func adaptiveMaxPool(_ output: [Int?]) -> Tensor {
    guard let windows = adaptiveWindows("adaptiveMaxPool", output) else { return Mistakes.standIn }
    if let size = AdaptiveWindows.even(windows) {
      return reduceWindow(.max, size: size, axes: Array(1...size.count), stride: size)
    }
    // From the last axis: the first of equal elements then is the first in row-major order.
    return windows.enumerated().reversed().reduce(self) { x, entry in
      let axis = entry.offset + 1
      let (places, count) = (entry.element.places, entry.element.starts.count)
      let seen = x.gathered(Tensor(places.map(Int32.init)), axis: axis)
      var split = Array(x.shape)
      split.replaceSubrange(axis...axis, with: [count, places.count / Swift.max(1, count)])
      let parts = seen.reshaped(to: Shape(split))
      let first = parts.argMax(axis: axis + 1).expandingAxis(axis + 1)
      return parts.takeAlong(first, axis: axis + 1).squeezed([axis + 1])
    }
  }

  private func adaptiveWindows(_ name: String, _ output: [Int?]) -> [AdaptiveWindows]? {
    guard let inputs = spatialSizes(name, rank: output.count) else { return nil }
    let counts = zip(output, inputs).map { $0 ?? $1 }
    guard zip(inputs, counts).allSatisfy({ $0 > 0 && $1 > 0 }) else {
      Mistakes.require(
        false, "\(name): \(counts) windows over \(shape), expected at least 1 on every axis, and elements")
      return nil
    }
    return zip(inputs, counts).map { AdaptiveWindows(over: $0, count: $1) }
  }
}

/// Nearly equal windows over an axis.
private struct AdaptiveWindows {
  let size: Int
  let starts: [Int]
  let ends: [Int]

  init(over size: Int, count: Int) {
    self.size = size
    starts = (0..<count).map { $0 * size / count }
    ends = (0..<count).map { (($0 + 1) * size + count - 1) / count }
  }

  /// The windows' size on each axis where all are equal and follow each other.
  static func even(_ axes: [AdaptiveWindows]) -> [Int]? {
    guard axes.allSatisfy({ $0.size % $0.starts.count == 0 }) else { return nil }
    return axes.map { $0.size / $0.starts.count }
  }

  /// The share of each place in each window's mean, `[size, windows]`.
  var shares: Tensor {
    let values = (0..<size).flatMap { place -> [Float] in
      zip(starts, ends).map { ($0..<$1).contains(place) ? 1 / Float($1 - $0) : 0 }
    }
    return Tensor(values, shape: [size, starts.count])
  }

  /// The places that each window sees, the last one again where it is shorter than others.
  var places: [Int] {
    let longest = zip(starts, ends).map { $1 - $0 }.max() ?? 0
    return zip(starts, ends).flatMap { start, end in (0..<longest).map { Swift.min(start + $0, end - 1) } }
  }
}
