import ApusTensor

/// Layers one after another. Keys are `0.…`, `1.…`.
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
  public override var stateKeys: [String: StateKey] { ["layers": .numbered] }

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
