import ApusTensor

// Units that learn their own shape, and one that draws it.

/// x where it is positive, else slope · x, with slopes that are learned (He et al. 2015): channels last.
public final class PReLU: Module, Layer {
  /// The slopes: one for all, `[1]`, or one for each channel, `[channels]`.
  @Parameter public var weight: Tensor

  /// - Parameters:
  ///   - channels: How many slopes there are, 1 or the size of the last axis.
  ///   - slope: What they start from.
  public init(_ channels: Int = 1, slope: Double = 0.25) { weight = .full(slope, [channels]) }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.prelu(weight)) }
}

/// x where it is positive, else x times a slope that in training is drawn for each element, and in inference is the mean
/// (Xu et al. 2015); any layout.
public final class RReLU: Module, Layer, DrawingLayer {
  public let lower: Double
  public let upper: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(lower: Double = 1.0 / 8, upper: Double = 1.0 / 3, key: inout RandomKey) {
    isPossible(lower <= upper, "RReLU: slopes from \(lower) to \(upper), expected the lower one first")
    (self.lower, self.upper) = (lower, max(lower, upper))
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard Phase.current == .training else { return traced(x.leakyReLU(negativeSlope: (lower + upper) / 2)) }
    return traced(drawing { x.rrelu(lower: lower, upper: upper, key: &$0) })
  }
}

/// x·σ(βx) (Ramachandran et al. 2017), any layout.
public final class Swish: Module, Layer {
  /// β, a scalar.
  @Parameter public var beta: Tensor

  /// - Parameter isTrainable: Whether β is learned, or stays what it is.
  public init(beta: Double = 1, isTrainable: Bool = true) {
    self.beta = Tensor(beta)
    super.init()
    if !isTrainable { freeze() }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.swish(beta: beta)) }
}

/// The largest of several affine functions for each output (Goodfellow et al. 2013): `[…, inputs]` to `[…, outputs]`.
public final class Maxout: Module, Layer {
  /// `[outputs · pieces, inputs]`; the pieces of one output are neighbours.
  @Parameter public var weight: Tensor
  /// `[outputs · pieces]`
  @Parameter public var bias: Tensor?
  public let pieces: Int

  /// - Parameter pieces: How many affine functions an output has. Two make ReLU and |x|; more approximate any convex
  ///   function.
  public init(
    _ inputs: Int, _ outputs: Int, pieces: Int = 2, bias: Bool = true, initializer: Initializer = .standard,
    key: inout RandomKey
  ) {
    isPossible(pieces > 0, "Maxout: \(pieces) pieces, expected 1 or more")
    let pieces = max(1, pieces)
    self.pieces = pieces
    let count = outputs * pieces
    weight = initializer([count, inputs], fanIn: inputs, fanOut: count, key: &key)
    self.bias = bias ? Initializer.standard([count], fanIn: inputs, fanOut: count, key: &key) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = x.matmul(weight.transposed())
    return traced((bias.map { y + $0 } ?? y).maxout(pieces), multiplyAdds: y.count * weight.shape[1])
  }
}
