import ApusTensor

/// Dropout (Srivastava et al. 2014): any layout. In training each element is zero with `probability` and the others are
/// scaled by 1 / (1 − probability); in inference nothing happens.
public final class Dropout: Module, Layer, DrawingLayer {
  public let probability: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ probability: Double = 0.5, key: inout RandomKey) {
    self.probability = checkedProbability(probability, "Dropout")
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard Phase.current == .training, probability > 0 else { return traced(x) }
    return traced(drawing { x.dropped(probability, unit: x.shape, key: &$0) })
  }
}

/// Dropout of whole channels (Tompson et al. 2015): channels last, `[batch, …, channels]`. Neighbouring positions say much
/// the same, so that dropping them one by one hides little. PyTorch's `Dropout1d` to `Dropout3d`.
public final class SpatialDropout: Module, Layer, DrawingLayer {
  public let probability: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ probability: Double = 0.5, key: inout RandomKey) {
    self.probability = checkedProbability(probability, "SpatialDropout")
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= 2 else { return .mistake("SpatialDropout: input \(x.shape), expected [batch, …, channels]") }
    guard Phase.current == .training, probability > 0 else { return traced(x) }
    return traced(drawing { x.dropped(probability, unit: x.shape.ofChannels, key: &$0) })
  }
}

/// Dropout for ``SELU`` (Klambauer et al. 2017): any layout. In training each element takes with `probability` the value
/// that SELU goes to far below 0, and all are scaled and shifted so that mean 0 and variance 1 stay.
public final class AlphaDropout: Module, Layer, DrawingLayer {
  public let probability: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ probability: Double = 0.5, key: inout RandomKey) {
    self.probability = checkedProbability(probability, "AlphaDropout")
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard Phase.current == .training, probability > 0 else { return traced(x) }
    return traced(drawing { x.alphaDropped(probability, unit: x.shape, key: &$0) })
  }
}

/// ``AlphaDropout`` of whole channels: channels last, `[batch, …, channels]`.
public final class FeatureAlphaDropout: Module, Layer, DrawingLayer {
  public let probability: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ probability: Double = 0.5, key: inout RandomKey) {
    self.probability = checkedProbability(probability, "FeatureAlphaDropout")
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= 2 else { return .mistake("FeatureAlphaDropout: input \(x.shape), expected [batch, …, channels]") }
    guard Phase.current == .training, probability > 0 else { return traced(x) }
    return traced(drawing { x.alphaDropped(probability, unit: x.shape.ofChannels, key: &$0) })
  }
}

/// Stochastic depth (Huang et al. 2016): `[batch, …]`. In training each example is zero with `probability`, so that of a
/// residual branch only the way around it is left, and the others are scaled by 1 / (1 − probability).
public final class DropPath: Module, Layer, DrawingLayer {
  public let probability: Double
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public init(_ probability: Double = 0.1, key: inout RandomKey) {
    self.probability = checkedProbability(probability, "DropPath")
    self.key = key.next().words
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= 1 else { return .mistake("DropPath: input \(x.shape), expected [batch, …]") }
    guard Phase.current == .training, probability > 0 else { return traced(x) }
    return traced(drawing { x.dropped(probability, unit: x.shape.ofExamples, key: &$0) })
  }
}
