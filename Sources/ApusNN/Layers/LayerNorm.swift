import ApusTensor

/// Layer normalisation (Ba et al. 2016): any layout, over the last axes.
public final class LayerNorm: Module, Layer {
  /// Of the shape of the axes that are normalised.
  @Parameter public var weight: Tensor?
  /// Of the shape of the axes that are normalised.
  @Parameter public var bias: Tensor?
  /// The sizes of the last axes, which the statistics are taken over.
  public let shape: Shape
  public let epsilon: Double

  /// - Parameter epsilon: Added to the variance.
  public init(_ shape: Shape, epsilon: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
    (self.shape, self.epsilon) = (shape, epsilon)
    weight = affine ? .ones(shape) : nil
    self.bias = affine && bias ? .zeros(shape) : nil
  }

  public convenience init(_ features: Int, epsilon: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
    self.init([features], epsilon: epsilon, affine: affine, bias: bias)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= shape.rank, Shape(x.shape.suffix(shape.rank)) == shape else {
      return .mistake("LayerNorm: input \(x.shape), expected the last axes to be \(shape)")
    }
    return traced(x.layerNorm(axisCount: shape.rank, weight: weight, bias: bias, epsilon: epsilon))
  }
}

/// Root-mean-square normalisation (Zhang & Sennrich 2019): any layout, over the last axes.
public final class RMSNorm: Module, Layer {
  /// Of the shape of the axes that are normalised.
  @Parameter public var weight: Tensor?
  /// The sizes of the last axes, which the mean is taken over.
  public let shape: Shape
  public let epsilon: Double

  /// - Parameter epsilon: Added to the mean square; PyTorch's is the type's machine epsilon unless given.
  public init(_ shape: Shape, epsilon: Double = 1e-6, affine: Bool = true) {
    (self.shape, self.epsilon) = (shape, epsilon)
    weight = affine ? .ones(shape) : nil
  }

  public convenience init(_ features: Int, epsilon: Double = 1e-6, affine: Bool = true) {
    self.init([features], epsilon: epsilon, affine: affine)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank >= shape.rank, Shape(x.shape.suffix(shape.rank)) == shape else {
      return .mistake("RMSNorm: input \(x.shape), expected the last axes to be \(shape)")
    }
    return traced(x.rmsNorm(axisCount: shape.rank, weight: weight, epsilon: epsilon))
  }
}
