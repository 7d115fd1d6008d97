import ApusTensor

/// Sequences, images or volumes made larger (or smaller) on their spatial axes: `[batch, spatial…, channels]`.
public final class Upsample: Module, Layer, ParameterFree {
  private enum Target {
    case sizes([Int])
    case scale([Double])
  }

  public let interpolation: Interpolation
  public let alignCorners: Bool
  private let target: Target

  /// - Parameters:
  ///   - sizes: Of the result, one for each spatial axis.
  ///   - alignCorners: Whether the middles of the outermost elements stay where they are, rather than the outer edges.
  public init(sizes: [Int], interpolation: Interpolation = .nearest, alignCorners: Bool = false) {
    (target, self.interpolation, self.alignCorners) = (.sizes(sizes), interpolation, alignCorners)
  }

  /// - Parameters:
  ///   - scale: The factor of each spatial axis; a single one is for all.
  ///   - alignCorners: Whether the middles of the outermost elements stay where they are, rather than the outer edges.
  public init(scale: [Double], interpolation: Interpolation = .nearest, alignCorners: Bool = false) {
    (target, self.interpolation, self.alignCorners) = (.scale(scale), interpolation, alignCorners)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch target {
    case .sizes(let sizes): traced(x.resized(to: sizes, interpolation, alignCorners: alignCorners))
    case .scale(let factors):
      traced(
        x.resized(
          by: factors.count == 1 ? [Double](repeating: factors[0], count: max(0, x.rank - 2)) : factors, interpolation,
          alignCorners: alignCorners))
    }
  }
}
