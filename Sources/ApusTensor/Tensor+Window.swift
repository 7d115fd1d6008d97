import ApusCore

/// What becomes of the elements of a window.
public enum WindowReduction: String, Hashable, Sendable, CaseIterable {
  case sum, product, max, min

  fileprivate var reduction: Reduction {
    switch self {
    case .sum: .sum
    case .product: .product
    case .max: .max
    case .min: .min
    }
  }
}

extension Tensor {
  /// Windows that slide over some of the axes, or over all, each reduced to one element: an axis of size n becomes
  /// ⌊(low + (n − 1)·inputDilation + 1 + high − extent) / stride⌋ + 1 with extent = (size − 1)·dilation + 1. Padding is
  /// what changes nothing: zeros in sums, ones in products, and never the largest or smallest.
  ///
  /// The gradient of a maximum or minimum goes to the first such element of the window.
  ///
  /// - Parameters:
  ///   - size: Of the window, one number for each axis it slides over.
  ///   - axes: Which axes these are; all of the tensor's unless given.
  ///   - stride: How far one window is from the next; ones unless given.
  ///   - padding: Added before and after each axis, negative to crop; none unless given.
  ///   - dilation: How far the elements of a window are from each other; ones unless given.
  ///   - inputDilation: Spreads the tensor's elements, with padding between them; ones unless given.
  public func reduceWindow(
    _ reduction: WindowReduction, size: [Int], axes: [Int]? = nil, stride: [Int]? = nil,
    padding: [(low: Int, high: Int)]? = nil, dilation: [Int]? = nil, inputDilation: [Int]? = nil
  ) -> Tensor {
    let axes = axes ?? Array(shape.indices)
    let counts = [
      ("axes", axes.count), ("stride", stride?.count), ("padding", padding?.count), ("dilation", dilation?.count),
      ("inputDilation", inputDilation?.count),
    ]
    for (name, count) in counts {
      guard let count, count != size.count else { continue }
      return Mistakes.report(
        OpError("reduceWindow: \(count) values of \(name) for a window \(size) over \(shape), expected \(size.count)"))
    }
    var window = Window(size: shape.map { _ in 1 })
    var seen: Set<Int> = []
    for (place, given) in axes.enumerated() {
      guard let axis = existingAxis(given, "reduceWindow") else { return Mistakes.standIn }
      guard seen.insert(axis).inserted else {
        return Mistakes.report(OpError("reduceWindow: axes \(axes) of \(shape) name axis \(axis) twice"))
      }
      window.size[axis] = size[place]
      if let stride { window.stride[axis] = stride[place] }
      if let padding { (window.padLow[axis], window.padHigh[axis]) = padding[place] }
      if let dilation { window.dilation[axis] = dilation[place] }
      if let inputDilation { window.baseDilation[axis] = inputDilation[place] }
    }
    return reduceWindow(reduction.reduction, window)
  }

  private func reduceWindow(_ reduction: Reduction, _ window: Window) -> Tensor {
    let isExtreme = reduction == .max || reduction == .min
    let isSpread = window.baseDilation.contains { $0 > 1 }
    guard isExtreme, isSpread, dtype.isFloat, window.baseDilation.allSatisfy({ $0 >= 1 }) else {
      return .apply(.reduceWindow(reduction, window), self)
    }
    // Spread beforehand: an extreme knows its gradient over what is dense.
    let zeros = shape.map { _ in 0 }
    let bounds = PadBounds(low: zeros, high: zeros, interior: window.baseDilation.map { $0 - 1 })
    let spread = Tensor.apply(.pad(bounds), self, Tensor(.build(.constant(reduction.neutral(dtype)))))
    var dense = window
    dense.baseDilation = shape.map { _ in 1 }
    return .apply(.reduceWindow(reduction, dense), spread)
  }
}
