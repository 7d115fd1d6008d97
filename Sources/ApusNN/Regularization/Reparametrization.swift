import ApusTensor

/// A layer whose weight is computed from other parameters: the layer itself, its other parameters, and the slot of the
/// weight.
///
/// It is a value, so that the search for parameters passes it by: the weight inside is a result, not a parameter.
struct ReparametrizedLayer {
  let layer: any Layer
  let slot: ModuleSlot
  let others: [String: ModuleSlot]

  init(_ layer: any Layer, _ path: String, _ wrapper: String) {
    let entries = layer.entries
    guard let entry = entries.first(where: { $0.path == path }) else {
      let paths = entries.map(\.path).joined(separator: ", ")
      fatalError("\(wrapper): the layer has no parameter \(path), only \(paths)")
    }
    self.layer = layer
    slot = entry.slot
    others = Dictionary(uniqueKeysWithValues: entries.filter { $0.path != path }.map { ($0.path, $0.slot) })
  }

  /// What the layer gives with that weight.
  func output(_ x: Tensor, weight: Tensor) -> Tensor {
    let saved = slot.tensor
    slot.tensor = weight
    // What a transform traced must not stay in the layer.
    defer { slot.tensor = saved }
    return layer(x)
  }
}

/// Weight normalisation (Salimans & Kingma 2016) around a layer: its weight is g · v / ‖v‖, the norm being taken for each
/// output, and the magnitudes g and directions v are what is trained. PyTorch's keys.
///
/// ```swift
/// let layer = WeightNorm(Linear(20, 40, key: &key))
/// ```
public final class WeightNorm: Module, Layer {
  /// g: of the weight's rank, with size 1 on all axes but one.
  @Parameter public var magnitude: Tensor
  /// v, of the weight's shape.
  @Parameter public var direction: Tensor
  private let others: [String: ModuleSlot]
  private let wrapped: ReparametrizedLayer
  private let axis: Int

  public override var stateKeys: [String: StateKey] {
    [
      "magnitude": .named("parametrizations.weight.original0"),
      "direction": .named("parametrizations.weight.original1"), "others": .merged,
    ]
  }

  /// - Parameters:
  ///   - parameter: The key of the weight in the layer.
  ///   - axis: The one that counts outputs: the first of a matrix, the last of a kernel unless given.
  public init(_ layer: any Layer, parameter: String = "weight", axis: Int? = nil) {
    wrapped = ReparametrizedLayer(layer, parameter, "WeightNorm")
    others = wrapped.others
    let weight = wrapped.slot.tensor!
    self.axis = axis ?? weight.outputAxis
    magnitude = WeightNorm.norms(weight, self.axis)
    direction = weight
  }

  private static func norms(_ weight: Tensor, _ axis: Int) -> Tensor {
    let place = axis < 0 ? axis + weight.rank : axis
    return weight.norm(axes: weight.shape.indices.filter { $0 != place }, keepDims: true)
  }

  /// The layer's weight, g · v / ‖v‖.
  public var weight: Tensor { direction * (magnitude / WeightNorm.norms(direction, axis)) }

  public func callAsFunction(_ x: Tensor) -> Tensor { traced(wrapped.output(x, weight: weight)) }
}

/// Spectral normalisation (Miyato et al. 2018) around a layer: its weight is divided by its largest singular value, which
/// one step of power iteration follows in each training call. PyTorch's keys.
public final class SpectralNorm: Module, Layer {
  /// The weight before it is divided.
  @Parameter public var original: Tensor
  /// The left singular vector, `[outputs]`.
  @Buffer public var left: Tensor
  /// The right singular vector, `[weights of an output]`.
  @Buffer public var right: Tensor
  public let iterations: Int
  public let epsilon: Double
  private let others: [String: ModuleSlot]
  private let wrapped: ReparametrizedLayer
  private let axis: Int

  public override var stateKeys: [String: StateKey] {
    [
      "original": .named("parametrizations.weight.original"), "left": .named("parametrizations.weight.0._u"),
      "right": .named("parametrizations.weight.0._v"), "others": .merged,
    ]
  }

  /// - Parameters:
  ///   - parameter: The key of the weight in the layer.
  ///   - iterations: How many steps a call in training takes.
  ///   - epsilon: The smallest norm that is divided by.
  ///   - axis: The one that counts outputs: the first of a matrix, the last of a kernel unless given.
  public init(
    _ layer: any Layer, parameter: String = "weight", iterations: Int = 1, epsilon: Double = 1e-12, axis: Int? = nil,
    key: inout RandomKey
  ) {
    isPossible(iterations > 0, "SpectralNorm: \(iterations) iterations, expected 1 or more")
    wrapped = ReparametrizedLayer(layer, parameter, "SpectralNorm")
    (others, self.iterations, self.epsilon) = (wrapped.others, iterations, epsilon)
    let weight = wrapped.slot.tensor!
    self.axis = axis ?? weight.outputAxis
    original = weight
    let matrix = SpectralNorm.matrix(weight, self.axis)
    left = SpectralNorm.unit(.normal([matrix.shape[0]], key: &key), epsilon)
    right = SpectralNorm.unit(.normal([matrix.shape[1]], key: &key), epsilon)
    super.init()
    follow(matrix, steps: 15)
  }

  /// `[outputs, weights of an output]`
  private static func matrix(_ weight: Tensor, _ axis: Int) -> Tensor {
    let first = weight.movingAxis(axis, to: 0)
    return weight.rank == 1 ? first.expandingAxis(1) : first.flattened(from: 1)
  }

  private static func unit(_ vector: Tensor, _ epsilon: Double) -> Tensor {
    vector / maximum(vector.norm(), epsilon)
  }

  private func follow(_ matrix: Tensor, steps: Int) {
    let fixed = matrix.stoppingGradient()
    for _ in 0..<steps {
      left = SpectralNorm.unit(fixed.matmul(right), epsilon)
      right = SpectralNorm.unit(left.matmul(fixed), epsilon)
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let matrix = SpectralNorm.matrix(original, axis)
    if Phase.current == .training { follow(matrix, steps: iterations) }
    let largest = left.dot(matrix.matmul(right))
    return traced(wrapped.output(x, weight: original / largest))
  }
}
