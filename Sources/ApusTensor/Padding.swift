import ApusCore

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

  /// The numbers, one for each axis.
  public var sizes: [Int] { [height, width] }
}

/// A depth, a height and a width; one number means all three.
public struct Triple: Hashable, Sendable, ExpressibleByIntegerLiteral {
  public var depth: Int
  public var height: Int
  public var width: Int

  public init(_ depth: Int, _ height: Int, _ width: Int) {
    self.depth = depth
    self.height = height
    self.width = width
  }

  public init(_ all: Int) { self.init(all, all, all) }
  public init(integerLiteral value: Int) { self.init(value, value, value) }

  /// The numbers, one for each axis.
  public var sizes: [Int] { [depth, height, width] }
}

/// How the edges of a sequence, an image or a volume are treated by a window.
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
  /// So many before and after each spatial axis, one number for each.
  case axes([Int])

  public init(integerLiteral value: Int) { self = .explicit(Pair(value)) }

  /// How much stands before and after each spatial axis; nil and a mistake where that is not said for each.
  public func amounts(
    _ name: String, inputs: [Int], size: [Int], stride: [Int], dilation: [Int]
  ) -> (low: [Int], high: [Int])? {
    let extents = zip(size, dilation).map { ($0 - 1) * $1 + 1 }
    let rank = size.count
    switch self {
    case .valid: return (size.map { _ in 0 }, size.map { _ in 0 })
    case .full: return (extents.map { $0 - 1 }, extents.map { $0 - 1 })
    case .explicit(let pair) where pair.height == pair.width:
      return (size.map { _ in pair.height }, size.map { _ in pair.height })
    case .explicit(let pair) where rank == 2: return (pair.sizes, pair.sizes)
    case .sides(let before, let after) where rank == 2: return (before.sizes, after.sizes)
    case .axes(let widths) where rank == widths.count: return (widths, widths)
    case .explicit, .sides, .axes:
      Mistakes.require(false, "\(name): padding \(self) for \(rank) spatial axes. Use `.axes` with \(rank) numbers")
      return nil
    case .same:
      let totals = inputs.indices.map { axis in
        let step = Swift.max(1, stride[axis])
        return Swift.max(0, ((inputs[axis] + step - 1) / step - 1) * step + extents[axis] - inputs[axis])
      }
      return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
    }
  }
}
