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
    unitUniform(shape, key.next(), dtype) * (range.upperBound - range.lowerBound) + range.lowerBound
  }

  /// Random bits as a number in [0, 1): as many as the type's fraction holds, 53 in double precision.
  static func unitUniform(_ shape: Shape, _ key: RandomKey, _ dtype: DType) -> Tensor {
    switch dtype {
    case .float64:
      let words = key.bits(Shape(Array(shape) + [2]))
      let high = (words[TensorIndex.ellipsis, 0] >> 5).cast(to: .float64)
      let low = (words[TensorIndex.ellipsis, 1] >> 6).cast(to: .float64)
      return (high * 0x1p26 + low) * 0x1p-53
    case .float16: return ((key.bits(shape) >> 21).cast(to: .float32) * 0x1p-11).cast(to: dtype)
    case .bfloat16: return ((key.bits(shape) >> 24).cast(to: .float32) * 0x1p-8).cast(to: dtype)
    default: return (key.bits(shape) >> 8).cast(to: dtype) * 0x1p-24
    }
  }

  /// Normally distributed numbers, drawn with the next key (Box & Muller 1958).
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, key: inout RandomKey, dtype: DType = .float32
  ) -> Tensor {
    let pairs = (shape.elementCount + 1) / 2
    // 1 − u lies in (0, 1], where the logarithm is finite.
    let radius = ((1 - unitUniform([pairs], key.next(), dtype)).log() * -2).sqrt()
    let angle = unitUniform([pairs], key.next(), dtype) * (2 * Double.pi)
    let both = concatenate([radius * angle.cos(), radius * angle.sin()])
    return both[0..<shape.elementCount].reshaped(to: shape) * standardDeviation + mean
  }

  /// `true` with the given probability, drawn with the next key.
  public static func bernoulli(_ shape: Shape, probability: Double, key: inout RandomKey) -> Tensor {
    uniform(shape, key: &key) .< probability
  }

  /// `true` with the probabilities that a tensor holds, drawn with the next key.
  public static func bernoulli(_ probability: Tensor, key: inout RandomKey) -> Tensor {
    let p = probability.floating
    return unitUniform(p.shape, key.next(), p.dtype) .< p
  }
}
