import ApusTensor

/// A run of axes merged into one, all but the batch unless said otherwise: `[batch, …]` to `[batch, features]`.
public final class Flatten: Module, Layer, ParameterFree {
  public let startAxis: Int
  public let endAxis: Int

  /// - Parameter endAxis: The last of the merged axes; counted from the end when negative, as `startAxis`.
  public init(startAxis: Int = 1, endAxis: Int = -1) { (self.startAxis, self.endAxis) = (startAxis, endAxis) }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let first = startAxis < 0 ? startAxis + x.rank : startAxis
    let last = endAxis < 0 ? endAxis + x.rank : endAxis
    guard 0 <= first, first <= last, last < x.rank else {
      return .mistake("Flatten: axes \(startAxis) to \(endAxis) of \(x.shape), which has \(x.rank) axes")
    }
    let merged = x.shape[first...last].reduce(1, *)
    return traced(x.reshaped(to: Shape(Array(x.shape[..<first]) + [merged] + x.shape[(last + 1)...])))
  }
}

/// An axis split into several: `[…, n, …]` to `[…, sizes…, …]`. The inverse of ``Flatten``.
public final class Unflatten: Module, Layer, ParameterFree {
  public let axis: Int
  public let sizes: [Int]

  /// - Parameters:
  ///   - axis: Counted from the end when negative.
  ///   - sizes: Whose product is the axis' size; one of them may be −1, which is what remains.
  public init(axis: Int, _ sizes: [Int]) { (self.axis, self.sizes) = (axis, sizes) }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let place = axis < 0 ? axis + x.rank : axis
    guard 0 <= place, place < x.rank else {
      return .mistake("Unflatten: axis \(axis) of \(x.shape), which has \(x.rank) axes")
    }
    let known = sizes.filter { $0 != -1 }.reduce(1, *)
    let isOpen = sizes.count { $0 == -1 } == 1
    let size = x.shape[place]
    guard sizes.allSatisfy({ $0 >= 0 || $0 == -1 }), isOpen ? known > 0 && size % known == 0 : known == size else {
      return .mistake("Unflatten: sizes \(sizes) for axis \(axis) of \(x.shape), expected a product of \(size)")
    }
    let parts = sizes.map { $0 == -1 ? size / known : $0 }
    return traced(x.reshaped(to: Shape(Array(x.shape[..<place]) + parts + x.shape[(place + 1)...])))
  }
}
