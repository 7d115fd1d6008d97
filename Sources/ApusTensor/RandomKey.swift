import ApusCore

/// The key of a stream of random numbers (Philox 4×32-10, Salmon et al. 2011).
///
/// The same key gives the same numbers on every device and any number of threads. A key is used once: `next()` and
/// `split(_:)` give fresh ones.
public struct RandomKey: Sendable {
  /// The key as two words, `uint32[2]`: what a module keeps in a buffer, and a checkpoint saves.
  public private(set) var words: Tensor

  /// The key that was kept as `uint32[2]`.
  public init(words: Tensor) {
    if words.shape != [2] || words.dtype != .uint32 {
      _ = Mistakes.report(OpError("RandomKey: words \(words.dtype)\(words.shape), expected uint32[2]"))
    }
    self.words = words
  }

  /// The key that a seed stands for.
  public init(_ seed: UInt64) {
    words = Tensor([UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)])
  }

  /// Draws and keys come from different streams of a key, so that neither repeats the other.
  private enum Stream {
    static let draws: UInt32 = 0
    static let keys: UInt32 = 1
  }

  /// Independent keys made of this one.
  public func split(_ count: Int) -> [RandomKey] {
    guard count >= 0 else {
      _ = Mistakes.report(OpError("RandomKey: split into \(count) keys, expected no fewer than 0"))
      return []
    }
    let words = Tensor.apply(.randomBits([count, 2], stream: Stream.keys), words)
    // Keys are short chains of tiny operations: evaluated at once they don't pile up.
    if !words.node.isSymbolic { words.evaluated() }
    return (0..<count).map { RandomKey(words: words[$0]) }
  }

  /// A fresh key; this one moves on.
  public mutating func next() -> RandomKey {
    let keys = split(2)
    self = keys[0]
    return keys[1]
  }

  /// Uniform random bits, `uint32`.
  func bits(_ shape: Shape) -> Tensor { .apply(.randomBits(shape, stream: Stream.draws), words) }
}

extension Tensor {
  /// Numbers spread evenly over `range` (its upper bound excluded), drawn with the next key.
  public static func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    let width = range.upperBound - range.lowerBound
    guard canDraw("uniform", shape, dtype), require(width < .infinity, "uniform: in \(range), which is too wide") else {
      return Mistakes.standIn
    }
    let place = unitUniform(shape, key.next(), drawType(dtype)) * width + range.lowerBound
    if range.isEmpty || range.lowerBound == 0 && !dtype.isHalf { return place.cast(to: dtype) }
    // Rounding may reach the upper bound.
    return minimum(place.cast(to: dtype), dtype.largest(below: range.upperBound))
  }

  /// The type that numbers of a type are drawn in: halves in single precision, whose steps near 0 are small enough.
  static func drawType(_ dtype: DType) -> DType { dtype == .float64 ? .float64 : .float32 }

  /// Whether numbers of that shape and floating-point type can be drawn; a mistake if not.
  static func canDraw(_ name: String, _ shape: Shape, _ dtype: DType) -> Bool {
    require(dtype.isFloat, "\(name): of \(dtype), expected a floating-point type") && canHave(name, shape)
  }

  static func canHave(_ name: String, _ shape: Shape) -> Bool {
    require(shape.allSatisfy { $0 >= 0 }, "\(name): a size of \(shape) is negative")
  }

  /// Whether a condition holds; a mistake if not.
  static func require(_ condition: Bool, _ message: @autoclosure () -> String) -> Bool {
    Mistakes.require(condition, message())
    return condition
  }

  /// Random bits as a number in [0, 1): 24 in single precision, 53 in double precision.
  static func unitUniform(_ shape: Shape, _ key: RandomKey, _ dtype: DType) -> Tensor {
    switch dtype {
    case .float64:
      let words = key.bits(Shape(Array(shape) + [2]))
      let high = (words[TensorIndex.ellipsis, 0] >> 5).cast(to: .float64)
      let low = (words[TensorIndex.ellipsis, 1] >> 6).cast(to: .float64)
      return (high * 0x1p26 + low) * 0x1p-53
    default: return (key.bits(shape) >> 8).cast(to: .float32) * 0x1p-24
    }
  }

  /// Normally distributed numbers, drawn with the next key (Box & Muller 1958).
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    guard canDraw("normal", shape, dtype),
      require(standardDeviation >= 0, "normal: standard deviation \(standardDeviation), expected no less than 0")
    else { return Mistakes.standIn }
    let type = drawType(dtype)
    let pairs = shape.elementCount / 2 + shape.elementCount % 2
    // 1 − u lies in (0, 1], where the logarithm is finite.
    let radius = ((1 - unitUniform([pairs], key.next(), type)).log() * -2).sqrt()
    let angle = unitUniform([pairs], key.next(), type) * (2 * Double.pi)
    let both = concatenate([radius * angle.cos(), radius * angle.sin()])
    guard both.rank == 1 else { return both }
    return (both[0..<shape.elementCount].reshaped(to: shape) * standardDeviation + mean).cast(to: dtype)
  }

  /// `true` with the given probability, from 0 to 1, drawn with the next key.
  public static func bernoulli(_ shape: Shape, probability: Double, key: inout RandomKey) -> Tensor {
    guard require(0 <= probability && probability <= 1, "bernoulli: probability \(probability), expected 0 to 1") else {
      return Mistakes.standIn
    }
    return uniform(shape, key: &key) .< probability
  }

  /// `true` with the probabilities that a tensor holds, drawn with the next key. What is below 0 or not a number counts
  /// as 0, what is above 1 as 1.
  public static func bernoulli(_ probability: Tensor, key: inout RandomKey) -> Tensor {
    let type = drawType(probability.dtype)
    return unitUniform(probability.shape, key.next(), type) .< probability.cast(to: type)
  }
}

extension DType {
  /// The largest number of a floating-point type that is less than another number.
  func largest(below bound: Double) -> Double {
    let nearest = Scalar(bound, self).doubleValue
    if nearest < bound { return nearest }
    switch self {
    case .float64: return nearest.nextDown
    case .float32: return Double(Float(nearest).nextDown)
    default:
      // Neighbours of a half are neighbours as bit patterns, those of negative numbers the other way round.
      let bits = Scalar(nearest, self).bits
      let smallest = Scalar(bits: 0x8001, self).doubleValue
      return nearest == 0 ? smallest : Scalar(bits: nearest > 0 ? bits - 1 : bits + 1, self).doubleValue
    }
  }
}
