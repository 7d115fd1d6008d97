import ApusCore

// Units that let what is above zero pass. All are elementwise, of the tensor's shape; at a kink the gradient is PyTorch's.
extension Tensor {
  /// What is no larger than 0, and 0 in place of the rest: exponentials of it do not overflow, and its gradient at 0 is 1.
  private var belowZero: Tensor { select(self .> 0, 0, self) }

  /// 1 where x is at least the threshold, else 0: the unit of McCulloch & Pitts 1943. Its gradient is 0.
  public func step(at threshold: Double = 0) -> Tensor {
    let result = select(self .>= threshold, Tensor.ones(like: self), Tensor.zeros(like: self))
    return dtype.isFloat ? select(isNaN(), Double.nan, result) : result
  }

  /// x, held between two bounds: a piecewise linear tanh. The gradient at the bounds is 0.
  public func hardtanh(_ lower: Double = -1, _ upper: Double = 1) -> Tensor {
    guard lower <= upper else {
      return Mistakes.report(OpError("hardtanh: bounds \(lower) and \(upper), expected the lower one first"))
    }
    return select(self .<= lower, lower, select(self .>= upper, upper, self))
  }

  /// min(max(x, 0), 6) (Krizhevsky 2010). The gradient at 0 and 6 is 0.
  public func relu6() -> Tensor { hardtanh(0, 6) }

  /// x where it is positive, else `negativeSlope` · x (Maas et al. 2013).
  public func leakyReLU(negativeSlope: Double = 0.01) -> Tensor {
    select(self .> 0, self, self * negativeSlope)
  }

  /// x where it is positive, else slope · x, with slopes that are learned (He et al. 2015).
  ///
  /// - Parameter slope: One for all, `[1]`, or one for each channel, the last axis: `[channels]`.
  public func prelu(_ slope: Tensor) -> Tensor {
    guard slope.rank == 1, slope.count == 1 || slope.count == shape.last else {
      let channels = shape.last.map { " or [\($0)]" } ?? ""
      return Mistakes.report(OpError("prelu: slope \(slope.shape) for \(shape), expected [1]\(channels)"))
    }
    return select(self .> 0, self, self * (rank == 0 ? slope.reshaped(to: []) : slope))
  }

  /// x where it is positive, else x times a slope that is drawn for each element, evenly from `lower` to `upper`
  /// (Xu et al. 2015). In inference take `leakyReLU` with their mean.
  public func rrelu(lower: Double = 1.0 / 8, upper: Double = 1.0 / 3, key: inout RandomKey) -> Tensor {
    guard lower <= upper else {
      return Mistakes.report(OpError("rrelu: slopes from \(lower) to \(upper), expected the lower one first"))
    }
    return select(self .> 0, self, self * Tensor.uniform(shape, in: lower..<upper, key: &key, dtype: dtype))
  }

  /// x where it is positive, else α (eˣ − 1): the exponential linear unit (Clevert et al. 2016).
  public func elu(alpha: Double = 1) -> Tensor { select(self .> 0, self, belowZero.expm1() * alpha) }

  /// max(0, x) + min(0, α (e^(x/α) − 1)): an exponential linear unit whose slope is continuous for every α
  /// (Barron 2017).
  public func celu(alpha: Double = 1) -> Tensor {
    guard alpha != 0 else { return Mistakes.report(OpError("celu: alpha 0, expected another number")) }
    return select(self .> 0, self, (belowZero / alpha).expm1() * alpha)
  }

  /// λ · `elu(alpha: α)` with the λ and α for which mean 0 and variance 1 are a fixed point of a layer (Klambauer et al.
  /// 2017).
  public func selu() -> Tensor {
    select(self .> 0, self, belowZero.expm1() * SELUConstants.alpha) * SELUConstants.scale
  }

  /// x where it is above the threshold, else a constant.
  public func threshold(_ threshold: Double, value: Double) -> Tensor { select(self .<= threshold, value, self) }

  /// The largest of each group of `pieces` neighbours along an axis, which becomes that much shorter: `[…, n · pieces]`
  /// to `[…, n]` (Goodfellow et al. 2013).
  public func maxout(_ pieces: Int, axis: Int = -1) -> Tensor {
    let place = self.axis(axis, "maxout")
    guard rank > 0, pieces > 0, shape[place] % pieces == 0 else {
      return Mistakes.report(OpError("maxout: axis \(axis) of \(shape) does not divide into groups of \(pieces)"))
    }
    var sizes = Array(shape)
    sizes[place] /= pieces
    sizes.insert(pieces, at: place + 1)
    return reshaped(to: Shape(sizes)).max(axis: place + 1)
  }
}

/// The constants of `selu` (Klambauer et al. 2017, equation 14).
public enum SELUConstants {
  public static let alpha = 1.6732632423543772
  public static let scale = 1.0507009873554805
}
