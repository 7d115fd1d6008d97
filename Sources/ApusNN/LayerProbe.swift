import ApusTensor

/// Looks at what layers return, and changes it.
///
/// ```swift
/// let layer = ObjectIdentifier(model.conv2)
/// let logits = LayerProbe.with { $0 == layer ? $1 * 0 : $1 } body: { model(images) }
/// ```
public final class LayerProbe: Sendable {
  @TaskLocal static var current: LayerProbe?

  private let change: @Sendable (ObjectIdentifier, Tensor) -> Tensor

  private init(_ change: @escaping @Sendable (ObjectIdentifier, Tensor) -> Tensor) { self.change = change }

  /// Runs `body`, in which every layer returns what `change` makes of its output.
  ///
  /// - Parameter change: Given the identity of the layer and what it would have returned.
  public static func with<R>(
    _ change: @escaping @Sendable (ObjectIdentifier, Tensor) -> Tensor, body: () throws -> R
  ) rethrows -> R {
    try $current.withValue(LayerProbe(change), operation: body)
  }

  func passed(_ layer: Module, _ output: Tensor) -> Tensor { change(ObjectIdentifier(layer), output) }
}
