import ApusNN
import ApusTensor

/// Which part of an image one place of a layer's output sees, along one axis.
public struct ReceptiveField: Hashable, Sendable {
  /// How many pixels it spans.
  public private(set) var size = 1
  /// By how many pixels those of neighbouring places are apart.
  public private(set) var stride = 1

  /// Of a single pixel, which sees itself.
  public init() {}

  /// Of layers one after another: convolutions and poolings widen it, other layers see place by place (Araujo, Norris &
  /// Sim 2019, equation 2). Layers that see all places at once are not counted.
  ///
  /// - Parameter layers: Those of a `Sequential` as well as of those in it.
  public init(of layers: [any Layer]) {
    for layer in layers { add(layer) }
  }

  /// Adds a window of so many places, each `dilation` apart, that moves by `stride`.
  public mutating func addWindow(_ window: Int, stride: Int = 1, dilation: Int = 1) {
    size += (window - 1) * dilation * self.stride
    self.stride *= stride
  }

  private mutating func add(_ layer: any Layer) {
    switch layer {
    case let layer as Sequential: for inner in layer.layers { add(inner) }
    case let layer as Conv2D:
      addWindow(layer.weight.shape[1], stride: layer.stride.width, dilation: layer.dilation.width)
    case let layer as MaxPool2D: addWindow(layer.size.width, stride: layer.stride.width, dilation: layer.dilation.width)
    case let layer as AveragePool2D: addWindow(layer.size.width, stride: layer.stride.width)
    default: break
    }
  }
}
