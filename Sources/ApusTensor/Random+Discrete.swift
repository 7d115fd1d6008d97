import ApusCore

// Discrete distributions and random orders. Each draw takes the next key.
extension Tensor {
  /// Integers spread evenly over `range` (its upper bound excluded), all of which `dtype` must hold. Numbers differ in
  /// probability by less than one in 2⁶⁴ / |range|.
  public static func randomIntegers(
    _ shape: Shape, in range: Range<Int>, key: inout RandomKey, dtype: DType = .int32
  ) -> Tensor {
    guard !range.isEmpty, dtype.isInteger else {
      return Mistakes.report(OpError("randomIntegers: \(dtype) in \(range), expected integers in a range of some"))
    }
    let (first, last) = (range.lowerBound, range.upperBound - 1)
    guard canHave("randomIntegers", shape),
      require(first.fits(dtype), "randomIntegers: in \(range): \(dtype.outOfRange(first))"),
      require(last.fits(dtype), "randomIntegers: in \(range): \(dtype.outOfRange(last))")
    else { return Mistakes.standIn }
    // The span may be more than an Int holds.
    let span = Tensor([UInt64(bitPattern: Int64(range.upperBound &- first))], shape: [])
    let place = randomWords(shape, &key) % span.broadcast(to: shape)
    return (place.cast(to: .int64) + first).cast(to: dtype)
  }

  /// 64 random bits, `uint64`.
  private static func randomWords(_ shape: Shape, _ key: inout RandomKey) -> Tensor {
    let words = key.next().bits(Shape(Array(shape) + [2])).cast(to: .uint64)
    return (words[TensorIndex.ellipsis, 0] << 32) | words[TensorIndex.ellipsis, 1]
  }

  /// 0, 1, …, count − 1 in random order, `int32`.
  public static func permutation(_ count: Int, key: inout RandomKey) -> Tensor {
    guard count >= 0 else { return Mistakes.report(OpError("permutation: of \(count)")) }
    // 64 bits, so that no two are equal.
    return randomWords([count], &key).argSort()
  }

  /// The slices along an axis in random order.
  public func shuffled(axis: Int = 0, key: inout RandomKey) -> Tensor {
    guard let axis = existingAxis(axis, "shuffled") else { return Mistakes.standIn }
    return gathered(Tensor.permutation(shape[axis], key: &key), axis: axis)
  }

  /// Class numbers (`int32`) drawn by the softmax of logits along an axis, which disappears; the samples' shape stands
  /// in front (the Gumbel-max trick: Gumbel 1954; Maddison et al. 2014). Where all logits are −∞ or one is not a number
  /// there is nothing to draw: the number is −1.
  public static func categorical(
    logits: Tensor, axis: Int = -1, sampleShape: Shape = [], key: inout RandomKey
  ) -> Tensor {
    guard let axis = logits.existingAxis(axis, "categorical") else { return Mistakes.standIn }
    let logits = logits.floating
    let type: DType = logits.dtype == .float64 ? .float64 : .float32
    guard canHave("categorical", sampleShape) else { return Mistakes.standIn }
    let shape = Shape(Array(sampleShape) + Array(logits.shape))
    let classes = (gumbel(shape, key: &key, dtype: type) + logits.cast(to: type)).argMax(axis: axis + sampleShape.rank)
    let isPossible = logits.max(axis: axis) .> -Double.infinity
    return select(isPossible, classes, -1)
  }

  /// `count` numbers below `choices`, `int32`: each any number of times or, with `replacing` false, at most once.
  ///
  /// - Parameter probabilities: Of each number, `[choices]`; they need not add up to one. All are alike if nil. Where
  ///   they leave nothing to draw (fewer of them than `count` are positive, without replacement) the number is −1; so
  ///   are all if one of them is negative or not a number.
  public static func choice(
    _ count: Int, of choices: Int, replacing: Bool = true, probabilities: Tensor? = nil, key: inout RandomKey
  ) -> Tensor {
    guard count >= 0, replacing ? choices > 0 || count == 0 : count <= choices,
      probabilities.map({ $0.shape == [choices] }) ?? true
    else {
      let beside = probabilities.map { " with probabilities \($0.shape)" } ?? ""
      let kind = replacing ? "with" : "without"
      return Mistakes.report(OpError("choice: \(count) of \(choices) \(kind) replacement\(beside)"))
    }
    guard let probabilities else {
      return replacing
        ? randomIntegers([count], in: 0..<Swift.max(1, choices), key: &key)
        : permutation(choices, key: &key)[..<count]
    }
    let logits = probabilities.floating.log()
    if replacing { return categorical(logits: logits, sampleShape: [count], key: &key) }
    // The largest of perturbed logits, in order, are a sample without replacement (Yellott 1977).
    let (values, places) = (gumbel([choices], key: &key, dtype: logits.dtype) + logits).topK(count)
    let isPossible = (values .> -Double.infinity) & !logits.isNaN().any()
    return select(isPossible, places, -1)
  }

  /// `count` slices of the tensor along an axis, drawn as `choice(_:of:)` draws numbers; what cannot be drawn is NaN, or
  /// 0 in types that lack it.
  public func sampled(
    _ count: Int, axis: Int = 0, replacing: Bool = true, probabilities: Tensor? = nil, key: inout RandomKey
  ) -> Tensor {
    guard let axis = existingAxis(axis, "sampled") else { return Mistakes.standIn }
    let places = Tensor.choice(
      count, of: shape[axis], replacing: replacing, probabilities: probabilities, key: &key)
    guard places.rank == 1 else { return places }
    let slices = gathered(maximum(places, 0), axis: axis)
    if probabilities == nil { return slices }
    let isDrawn = (places .>= 0).reshaped(to: Shape(shape.indices.map { $0 == axis ? count : 1 }))
    return select(isDrawn, slices, Tensor(dtype.isFloat ? Double.nan : 0, dtype: dtype))
  }

  /// Poisson-distributed counts, one for each element of the rates λ, which are broadcast to the shape: probability
  /// λᵏ e^(−λ) / k!. Below λ = 10 by counting (Knuth 1969), from there on by transformed rejection (Hörmann 1993).
  ///
  /// A count that is larger than `dtype` holds becomes its largest number. For a rate that is negative, infinite or not a
  /// number the result is no count: NaN, −1 in signed integers, and the largest number of unsigned ones.
  public static func poisson(
    _ rate: Tensor, shape: Shape? = nil, key: inout RandomKey, dtype: DType = .int32
  ) -> Tensor {
    guard require(dtype != .bool, "poisson: counts in numbers, not in bool"), canHave("poisson", shape ?? []) else {
      return Mistakes.standIn
    }
    let type = drawType(rate.dtype)
    let given = rate.cast(to: type).stoppingGradient().broadcast(to: shape ?? rate.shape)
    let isGood = (given .>= 0) & (given .< Double.infinity)
    let lambda = select(isGood, given, 0)
    let isLarge = lambda .>= 10
    let few = countedPoisson(select(isLarge, 0, lambda), &key)
    // Single precision does not tell large counts apart.
    let many = rejectedPoisson(select(isLarge, lambda, 10).cast(to: .float64), isLarge, &key)
    let counts = select(isLarge, many, few.cast(to: .float64))
    if dtype.isFloat { return select(isGood, counts, Double.nan).cast(to: dtype) }
    let last = Swift.min(Double(dtype.wholeNumbers?.upperBound ?? 0), 0x1p63.nextDown)
    // Narrow integers come by way of wider ones, which `min` has made fit.
    let bounded = minimum(select(isGood, counts, dtype.isSigned ? -1 : last), last)
    return bounded.cast(to: dtype.byteCount < 8 ? .int64 : dtype).cast(to: dtype)
  }

  /// How many exponential waiting times fit into λ.
  private static func countedPoisson(_ lambda: Tensor, _ key: inout RandomKey) -> Tensor {
    let (shape, type) = (lambda.shape, lambda.dtype)
    let start = [key.next().words, Tensor.full(-1, shape, dtype: type), Tensor.zeros(shape, dtype: type)]
    return whileLoop(start, while: { ($0[2] .<= lambda).any() }) { carry in
      var key = RandomKey(words: carry[0])
      let isWaiting = carry[2] .<= lambda
      let time = carry[2] - openUniform(shape, &key, type).log()
      return [key.words, select(isWaiting, carry[1] + 1, carry[1]), select(isWaiting, time, carry[2])]
    }[1]
  }

  /// Hörmann's algorithm PTRS, for λ ≥ 10.
  private static func rejectedPoisson(_ lambda: Tensor, _ isWanted: Tensor, _ key: inout RandomKey) -> Tensor {
    let (shape, type) = (lambda.shape, lambda.dtype)
    let b = lambda.sqrt() * 2.53 + 0.931
    let a = b * 0.02483 - 0.059
    let inverseAlpha = 1.1328 / (b - 3.4) + 1.1239
    let start = [key.next().words, !isWanted, Tensor.zeros(shape, dtype: type)]
    return whileLoop(start, while: { !$0[1].all() }) { carry in
      var key = RandomKey(words: carry[0])
      let u = openUniform(shape, &key, type) - 0.5
      let v = openUniform(shape, &key, type)
      let distance = 0.5 - u.abs()
      let k = ((a * 2 / distance + b) * u + lambda + 0.43).floor()
      let isPossible = (k .>= 0) & ((distance .>= 0.013) | (v .<= distance))
      let left = (v * inverseAlpha / (a / (distance * distance) + b)).log()
      let right = k * lambda.log() - lambda - (maximum(k, 0) + 1).lgamma()
      // What is not a number must not go on for ever.
      let isAccepted = isPossible & !(left .> right)
      return [key.words, carry[1] | isAccepted, select(carry[1] | !isAccepted, carry[2], k)]
    }[2]
  }
}
