import ApusTensor

/// Adds sines and cosines of the place (Vaswani et al. 2017, section 3.5): `[batch, time, features]` to the same shape.
///
/// Feature 2i of place p gets sin(p / base^(2i / features)) and feature 2i + 1 the cosine.
public final class SinusoidalPositionalEncoding: Module, Layer, ParameterFree {
  public let features: Int
  public let base: Double
  private let table: TensorSlot

  /// - Parameter length: How many places are computed beforehand; others are when they are met.
  public init(_ features: Int, length: Int = 1024, base: Double = 10_000) {
    (self.features, self.base) = (features, base)
    table = TensorSlot(sinusoids(Tensor.range(length), features, base).evaluated())
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, offset: 0) }

  /// The sequence, of which the first element is at place `offset`.
  public func callAsFunction(_ x: Tensor, offset: Int) -> Tensor {
    guard x.rank >= 2, x.shape.last == features else {
      return .mistake("SinusoidalPositionalEncoding: input \(x.shape), expected [batch, time, \(features)]")
    }
    let end = offset + x.shape[x.rank - 2]
    let known = table.value
    let places =
      end <= known.shape[0] ? known[offset..<end] : sinusoids(Tensor.range(from: offset, to: end), features, base)
    return traced(x + places.cast(to: x.dtype))
  }

  /// The sequence, of which the first element is at a place that is only known when it is computed.
  ///
  /// - Parameter position: `int32`, a scalar; the sequence must end before the places that were computed beforehand do.
  public func callAsFunction(_ x: Tensor, position: Tensor) -> Tensor {
    guard x.rank >= 2, x.shape.last == features, x.shape[x.rank - 2] <= table.value.shape[0] else {
      return .mistake(
        "SinusoidalPositionalEncoding: input \(x.shape), expected [batch, time, \(features)] with a time up to "
          + "\(table.value.shape[0])")
    }
    let start = [position, Tensor(0, dtype: .int32)]
    let places = table.value.dynamicSlice(start: start, sizes: [x.shape[x.rank - 2], features])
    return traced(x + places.cast(to: x.dtype))
  }
}

/// Sines and cosines side by side, `float32[time, features]`.
private func sinusoids(_ places: Tensor, _ features: Int, _ base: Double) -> Tensor {
  let pairs = (features + 1) / 2
  let angles = rotaryAngles(places, pairs: pairs, features: features, base: base)
  let both = stack([angles.sin(), angles.cos()], axis: 2).reshaped(to: [places.count, 2 * pairs])
  return both[TensorIndex.all, ..<features].cast(to: .float32)
}

/// place / base^(2i / features) in double precision, `[time, pairs]`: in single precision the angles of far places would
/// be wrong by thousandths.
private func rotaryAngles(
  _ places: Tensor, pairs: Int, features: Int, base: Double, scaling: RotaryScaling? = nil
) -> Tensor {
  let exponents = Tensor.range(pairs, dtype: .float64) * (-2 / Double(max(1, features)))
  let plain = Tensor(base, dtype: .float64).power(exponents)
  let rates = scaling.map { $0.scaled(plain) } ?? plain
  return places.cast(to: .float64).expandingAxis(1) * rates
}

/// Adds a trained vector to each place (Gehring et al. 2017): `[batch, time, features]` to the same shape.
public final class LearnedPositionalEncoding: Module, Layer {
  /// `[length, features]`
  @Parameter public var weight: Tensor

  /// - Parameter length: The longest sequence.
  public init(
    _ length: Int, _ features: Int, initializer: Initializer = .normal(standardDeviation: 0.02), key: inout RandomKey
  ) {
    weight = initializer([length, features], fanIn: length, fanOut: features, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, offset: 0) }

  /// The sequence, of which the first element is at place `offset`.
  public func callAsFunction(_ x: Tensor, offset: Int) -> Tensor {
    let (length, features) = (weight.shape[0], weight.shape[1])
    guard x.rank >= 2, x.shape.last == features else {
      return .mistake("LearnedPositionalEncoding: input \(x.shape), expected [batch, time, \(features)]")
    }
    let end = offset + x.shape[x.rank - 2]
    guard offset >= 0, end <= length else {
      return .mistake(
        "LearnedPositionalEncoding: places \(offset)..<\(end) and a table of \(length). Make the table longer "
          + "(LearnedPositionalEncoding(\(end), \(features))) or cut the sequence")
    }
    return traced(x + weight[offset..<end])
  }
}

/// Turns each pair of features by an angle that grows with the place (Su et al. 2021), so that products of queries and keys
/// depend on their distance alone: `[batch, time, heads, headDim]` to the same shape.
public final class RotaryPositionalEncoding: Module, Layer, ParameterFree {
  public let headDim: Int
  public let base: Double
  /// How many of the first features are turned.
  public let rotated: Int
  /// Whether neighbouring features make a pair (the paper, GPT-J), or one of the first half with one of the second
  /// (GPT-NeoX, LLaMA).
  public let isInterleaved: Bool
  /// How pairs turn more slowly, so that far places look like those of the training.
  public let scaling: RotaryScaling?

  /// - Parameters:
  ///   - base: Pair i turns by place / base^(2i / rotated).
  ///   - rotated: All features unless given; an even number.
  public init(
    _ headDim: Int, base: Double = 10_000, rotated: Int? = nil, isInterleaved: Bool = true,
    scaling: RotaryScaling? = nil
  ) {
    (self.headDim, self.base, self.isInterleaved, self.scaling) = (headDim, base, isInterleaved, scaling)
    let asked = rotated ?? headDim
    let isEven = isPossible(
      asked % 2 == 0 && (0...max(0, headDim)).contains(asked),
      "RotaryPositionalEncoding: \(asked) features to turn of \(headDim), expected an even number up to "
        + "\(headDim). Give one as `rotated`")
    self.rotated = isEven ? asked : 0
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, offset: 0) }

  /// The sequence, of which the first element is at place `offset`.
  public func callAsFunction(_ x: Tensor, offset: Int) -> Tensor {
    callAsFunction(x, offset: Tensor(offset, dtype: .int32))
  }

  /// The sequence, of which the first element is at the place that a scalar integer tells: what a cache counts.
  public func callAsFunction(_ x: Tensor, offset: Tensor) -> Tensor {
    guard offset.rank == 0, offset.dtype.isInteger else {
      return .mistake("RotaryPositionalEncoding: offset \(offset.dtype)\(offset.shape), expected an integer scalar")
    }
    guard x.rank == 4 else { return .mistake(message(x)) }
    return callAsFunction(x, turns: turns(at: offset + Tensor.range(x.shape[1])))
  }

  /// Cosines and sines of the angles at some places, integers `[time]` or `[batch, time]`: what several layers have in common.
  public func turns(at places: Tensor) -> RotaryTurns {
    let flat = places.reshaped(to: [places.count])
    let angles = rotaryAngles(flat, pairs: rotated / 2, features: rotated, base: base, scaling: scaling)
    let shape = Shape(Array(places.shape) + [1, rotated / 2])
    return RotaryTurns(cosine: angles.cos().reshaped(to: shape), sine: angles.sin().reshaped(to: shape))
  }

  private func message(_ x: Tensor) -> String {
    "RotaryPositionalEncoding: input \(x.shape), expected [batch, time, heads, \(headDim)]"
  }

  /// The sequence at the places that `turns` was made for.
  public func callAsFunction(_ x: Tensor, turns: RotaryTurns) -> Tensor {
    guard x.rank == 4, x.shape[3] == headDim else { return .mistake(message(x)) }
    let pairs = rotated / 2
    let places = Shape(turns.cosine.shape.dropLast())
    let shape = Shape(Array(places) + (isInterleaved ? [pairs, 1] : [1, pairs]))
    let (cosine, sine) = (turns.cosine.cast(to: x.dtype), turns.sine.cast(to: x.dtype))
    let axis = isInterleaved ? 4 : 3
    // Pairs side by side, or one half beside the other.
    let grouped = x[TensorIndex.all, TensorIndex.all, TensorIndex.all, ..<rotated]
      .reshaped(to: Shape(x.shape.prefix(3) + (isInterleaved ? [pairs, 2] : [2, pairs])))
    let parts = grouped.split(2, axis: axis)
    let (c, s) = (cosine.reshaped(to: shape), sine.reshaped(to: shape))
    let turned = concatenate([parts[0] * c - parts[1] * s, parts[1] * c + parts[0] * s], axis: axis)
      .reshaped(to: Shape(x.shape.prefix(3) + [rotated]))
    if rotated == headDim { return traced(turned) }
    let rest = x[TensorIndex.all, TensorIndex.all, TensorIndex.all, rotated...]
    return traced(concatenate([turned, rest], axis: 3))
  }
}

/// Cosines and sines `float64[…, time, 1, pairs]` that pairs of features are turned by.
public struct RotaryTurns {
  let cosine: Tensor
  let sine: Tensor
}

/// How rotary positions are stretched for sequences longer than those of the training.
public enum RotaryScaling: Hashable, Sendable {
  /// All pairs turn `factor` times as slowly (Chen et al. 2023).
  case linear(factor: Double)
  /// Pairs whose period is longer than `context / low` turn `factor` times as slowly, those whose period is shorter than
  /// `context / high` as ever, and those between them something between (Llama 3.1, Grattafiori et al. 2024).
  case llama3(factor: Double, low: Double, high: Double, context: Double)

  /// The angles from place to place, `float64[pairs]`.
  func scaled(_ rates: Tensor) -> Tensor {
    switch self {
    case .linear(let factor): return rates / factor
    case .llama3(let factor, let low, let high, let context):
      // How many periods the context of the training had.
      let periods = rates * (context / (2 * Double.pi))
      let share = minimum(maximum((periods - low) / (high - low), 0), 1)
      return rates * (share + (1 - share) / factor)
    }
  }
}

/// Attention with linear biases (Press, Smith & Lewis 2022): the farther a key, the lower its score.
public enum ALiBi {
  /// How fast the scores of each head fall, `[heads]`: 2^(−8/n), 2^(−16/n), … for a power of two n; for other numbers
  /// those of the power of two below, and every other one of twice as many.
  public static func slopes(heads: Int) -> Tensor {
    guard heads > 0 else { return .mistake("ALiBi: \(heads) heads, expected at least 1") }
    var power = 1
    while power * 2 <= heads { power *= 2 }
    var exponents = (1...power).map { -8 * Double($0) / Double(power) }
    exponents += (0..<heads - power).map { -8 * Double(2 * $0 + 1) / Double(2 * power) }
    return Tensor(2, dtype: .float64).power(Tensor(exponents, dtype: .float64)).cast(to: .float32)
  }

  /// What is added to the scores, −slope · |i − j| for query i and key j: `[1, heads, queryTime, keyTime]`, an
  /// `attentionMask` of `MultiHeadAttention` and a `mask` of `scaledDotProductAttention`.
  ///
  /// - Parameter offset: The place of the first query among the keys.
  public static func bias(heads: Int, queryTime: Int, keyTime: Int, offset: Int = 0) -> Tensor {
    let queries = Tensor.range(from: offset, to: offset + queryTime, dtype: .float32).expandingAxis(1)
    let distances = (queries - Tensor.range(keyTime, dtype: .float32)).abs()
    return (slopes(heads: heads).reshaped(to: [heads, 1, 1]) * -distances).expandingAxis(0)
  }
}
