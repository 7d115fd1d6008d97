import ApusCore

// Continuous distributions. Each draw takes the next key; gradients flow to parameters that are tensors where a sample
// is a smooth function of them.
extension Tensor {
  /// Uniform numbers in (0, 1): the logarithms of both u and 1 − u are finite.
  static func openUniform(_ shape: Shape, _ key: inout RandomKey, _ dtype: DType) -> Tensor {
    let type = drawType(dtype)
    let step = type == .float64 ? 0x1p-53 : 0x1p-24
    // Half a step up would round to 1 at the end: 1 − step is kept as the largest.
    return minimum(unitUniform(shape, key.next(), type) + step / 2, 1 - step)
  }

  /// Whether numbers of that shape and type can be drawn with that scale; a mistake if not.
  private static func canDraw(_ name: String, _ shape: Shape, _ dtype: DType, scale: Double) -> Bool {
    canDraw(name, shape, dtype) && require(scale >= 0, "\(name): scale \(scale), expected no less than 0")
  }

  /// Normally distributed numbers within a range, others being excluded: by the inverse of the distribution function,
  /// or, where the range is in a tail, which that does not resolve, by rejection (Marsaglia 1964).
  ///
  /// - Parameter range: In standard deviations from the mean.
  public static func truncatedNormal(
    _ shape: Shape, in range: ClosedRange<Double> = -2...2, mean: Double = 0, standardDeviation: Double = 1,
    key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    guard canDraw("truncatedNormal", shape, dtype, scale: standardDeviation),
      require(
        range.lowerBound < .infinity && range.upperBound > -.infinity,
        "truncatedNormal: in \(range), where there are no numbers")
    else { return Mistakes.standIn }
    let type = drawType(dtype)
    let standard: Tensor
    if range.lowerBound >= 1 {
      standard = normalTail(shape, range.lowerBound, range.upperBound, &key, type)
    } else if range.upperBound <= -1 {
      standard = -normalTail(shape, -range.upperBound, -range.lowerBound, &key, type)
    } else {
      let root = 2.0.squareRoot()
      let low = (Tensor(range.lowerBound / root, dtype: type)).erf()
      let high = (Tensor(range.upperBound / root, dtype: type)).erf()
      let place = low + openUniform(shape, &key, type) * (high - low)
      standard = place.erfInverse() * root
    }
    let inside = standard.clamped(range.lowerBound, range.upperBound)
    return (inside * standardDeviation + mean).cast(to: dtype)
  }

  /// Normally distributed numbers from `low` ≥ 1 to `high`: exponential ones of rate `low` beyond `low` are accepted with
  /// probability e^(−x² / 2), x being their distance from it.
  private static func normalTail(
    _ shape: Shape, _ low: Double, _ high: Double, _ key: inout RandomKey, _ type: DType
  ) -> Tensor {
    // The share of the exponential numbers that lie beyond `high`, less one.
    let share = Tensor(-low * (high - low), dtype: type).expm1()
    let start = [key.next().words, Tensor.full(0, shape, dtype: .bool), Tensor.zeros(shape, dtype: type)]
    return whileLoop(start, while: { !$0[1].all() }) { carry in
      var key = RandomKey(words: carry[0])
      let distance = (openUniform(shape, &key, type) * share).log1p() / -low
      let isAccepted = !(openUniform(shape, &key, type).log() .> distance.squared() * -0.5)
      return [key.words, carry[1] | isAccepted, select(carry[1] | !isAccepted, carry[2], distance)]
    }[2] + low
  }

  /// Exponentially distributed numbers: density λe^(−λx) for x ≥ 0, with mean 1/λ.
  public static func exponential(
    _ shape: Shape, rate: Double = 1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    guard canDraw("exponential", shape, dtype),
      require(rate > 0, "exponential: rate \(rate), expected more than 0")
    else { return Mistakes.standIn }
    return (-openUniform(shape, &key, dtype).log() / rate).cast(to: dtype)
  }

  /// Laplace-distributed numbers: density e^(−|x − location| / scale) / (2 · scale).
  public static func laplace(
    _ shape: Shape, location: Double = 0, scale: Double = 1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    guard canDraw("laplace", shape, dtype, scale: scale) else { return Mistakes.standIn }
    // A difference of two exponential numbers has no place where digits are lost.
    let first = openUniform(shape, &key, dtype).log()
    let second = openUniform(shape, &key, dtype).log()
    return ((second - first) * scale + location).cast(to: dtype)
  }

  /// Gumbel-distributed numbers, −log(−log u): the limit of largest values.
  public static func gumbel(
    _ shape: Shape, location: Double = 0, scale: Double = 1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    guard canDraw("gumbel", shape, dtype, scale: scale) else { return Mistakes.standIn }
    let standard = -(-openUniform(shape, &key, dtype).log()).log()
    return (standard * scale + location).cast(to: dtype)
  }

  /// Cauchy-distributed numbers: density 1 / (π scale (1 + ((x − location) / scale)²)); they have no mean.
  public static func cauchy(
    _ shape: Shape, location: Double = 0, scale: Double = 1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    guard canDraw("cauchy", shape, dtype, scale: scale) else { return Mistakes.standIn }
    let angle = (openUniform(shape, &key, dtype) - 0.5) * Double.pi
    return (angle.tan() * scale + location).cast(to: dtype)
  }

  /// Logistically distributed numbers: their distribution function is the sigmoid of (x − location) / scale.
  public static func logistic(
    _ shape: Shape, location: Double = 0, scale: Double = 1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    guard canDraw("logistic", shape, dtype, scale: scale) else { return Mistakes.standIn }
    return (openUniform(shape, &key, dtype).logit() * scale + location).cast(to: dtype)
  }

  /// Gamma-distributed numbers of rate 1: density x^(α−1) e^(−x) / Γ(α), one for each element of the concentrations α,
  /// which are broadcast to the shape (Marsaglia & Tsang 2000). For an α that is negative, infinite or not a number it
  /// is NaN. There is no gradient.
  public static func gamma(_ concentration: Tensor, shape: Shape? = nil, key: inout RandomKey) -> Tensor {
    let alpha = concentration.floating.stoppingGradient()
    let (sample, _) = gammaLogs(alpha.broadcast(to: shape ?? alpha.shape), &key)
    return sample.exp().cast(to: alpha.dtype)
  }

  /// The logarithms of gamma-distributed numbers, which stay finite for small concentrations.
  private static func gammaLogs(_ concentration: Tensor, _ key: inout RandomKey) -> (log: Tensor, dtype: DType) {
    let type: DType = concentration.dtype == .float64 ? .float64 : .float32
    let given = concentration.cast(to: type)
    let isGood = (given .>= 0) & (given .< Double.infinity)
    let alpha = select(isGood, given, 1)
    // Below 1: a number for α + 1, times u^(1/α).
    let isSmall = alpha .< 1
    let d = select(isSmall, alpha + 1, alpha) - 1.0 / 3
    let c = (d * 9).rsqrt()
    let shape = alpha.shape
    let start = [key.next().words, Tensor.full(0, shape, dtype: .bool), Tensor.ones(shape, dtype: type)]
    let result = whileLoop(start, while: { !$0[1].all() }) { carry in
      var key = RandomKey(words: carry[0])
      let x = normal(shape, key: &key, dtype: type)
      let u = openUniform(shape, &key, type)
      let root = c * x + 1
      let isPositive = root .> 0
      let v = select(isPositive, root * root * root, 1)
      // What is not a number must not go on for ever.
      let isAccepted = isPositive & !(u.log() .> x.squared() * 0.5 + d - d * v + d * v.log())
      return [key.words, carry[1] | isAccepted, select(carry[1] | !isAccepted, carry[2], v)]
    }
    let boost = openUniform(shape, &key, type).log() / alpha
    return (select(isGood, (d * result[2]).log() + select(isSmall, boost, 0), Double.nan), type)
  }

  /// Beta-distributed numbers in (0, 1): density ∝ x^(α−1) (1 − x)^(β−1), one for each pair of α and β, which are
  /// broadcast over each other; NaN where one of them is negative, infinite or not a number. There is no gradient.
  public static func beta(_ alpha: Tensor, _ beta: Tensor, shape: Shape? = nil, key: inout RandomKey) -> Tensor {
    let both = broadcastTogether([alpha.floating, beta.floating])
    let (a, b) = promoted(both[0].stoppingGradient(), both[1].stoppingGradient())
    let shape = shape ?? a.shape
    let first = gammaLogs(a.broadcast(to: shape), &key).log
    let second = gammaLogs(b.broadcast(to: shape), &key).log
    return (first - second).sigmoid().cast(to: a.dtype)
  }

  /// Dirichlet-distributed probabilities: concentrations `[…, categories]` give numbers of that shape, after that of
  /// the samples, whose sum over the last axis is 1; NaN where one of them is negative, infinite or not a number. There
  /// is no gradient.
  public static func dirichlet(
    _ concentration: Tensor, sampleShape: Shape = [], key: inout RandomKey
  ) -> Tensor {
    let alpha = concentration.floating.stoppingGradient()
    guard alpha.rank > 0 else { return Mistakes.report(OpError("dirichlet: of a scalar, expected [..., categories]")) }
    let shape = Shape(Array(sampleShape) + Array(alpha.shape))
    return gammaLogs(alpha.broadcast(to: shape), &key).log.softmax(axis: -1).cast(to: alpha.dtype)
  }

  /// Numbers from a multivariate normal distribution with mean `[…, n]` and covariance L·Lᵀ, given by its Cholesky
  /// factor L `[…, n, n]`: `[sample shape…, …, n]`. Gradients flow to both.
  public static func multivariateNormal(
    mean: Tensor, choleskyFactor: Tensor, sampleShape: Shape = [], key: inout RandomKey
  ) -> Tensor {
    let (mean, factor) = promoted(mean.floating, choleskyFactor.floating)
    guard mean.rank >= 1, factor.rank >= 2, factor.shape[factor.rank - 2] == factor.shape[factor.rank - 1],
      factor.shape[factor.rank - 1] == mean.shape[mean.rank - 1],
      let batch = broadcastShape(Shape(mean.shape.dropLast()), Shape(factor.shape.dropLast(2)))
    else {
      return Mistakes.report(
        OpError("multivariateNormal: mean \(mean.shape) and factor \(factor.shape), expected [..., n] and [..., n, n]"))
    }
    let shape = Shape(Array(sampleShape) + Array(batch) + [mean.shape[mean.rank - 1]])
    let standard = normal(shape, key: &key, dtype: mean.dtype)
    return (factor * standard.expandingAxis(-2)).sum(axis: -1) + mean
  }
}
