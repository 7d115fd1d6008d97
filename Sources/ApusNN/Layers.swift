import ApusTensor

/// The largest element of each window: channels last, `[batch, height, width, channels]`.
public final class MaxPool2D: Module, Layer, ParameterFree {
  public let size: Pair
  public let stride: Pair
  public let padding: Padding

  /// - Parameter stride: The window's size unless given.
  public init(_ size: Pair, stride: Pair? = nil, padding: Padding = .valid) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.maxPool2D(size, stride: stride, padding: padding)) }
}

/// All axes but the batch merged: `[batch, …]` to `[batch, features]`.
public final class Flatten: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.flattened(from: 1)) }
}

/// max(x, 0) (Nair & Hinton 2010), any layout.
public final class ReLU: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.relu()) }
}

/// The hyperbolic tangent, any layout.
public final class Tanh: Module, Layer, ParameterFree {
  public override init() {}
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(x.tanh()) }
}

/// Layers one after another. Keys are `layers.0.…`, `layers.1.…`.
///
/// ```swift
/// let model = Sequential {
///   Linear(784, 128, key: &key)
///   ReLU()
///   Linear(128, 10, key: &key)
/// }
/// ```
public final class Sequential: Module, Layer {
  public let layers: [any Layer]

  public init(_ layers: [any Layer]) { self.layers = layers }
  public convenience init(@LayerBuilder _ layers: () -> [any Layer]) { self.init(layers()) }

  public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}

/// Lets layers be listed in braces, with `if` and `for`.
@resultBuilder
public enum LayerBuilder {
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}
