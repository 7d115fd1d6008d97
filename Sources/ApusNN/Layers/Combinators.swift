import ApusTensor

/// A function as a layer.
///
/// ```swift
/// Lambda { $0.swapping(1, 2) }
/// ```
public final class Lambda: Module, Layer, ParameterFree {
  private let body: (Tensor) -> Tensor

  public init(_ body: @escaping (Tensor) -> Tensor) { self.body = body }
  public func callAsFunction(_ x: Tensor) -> Tensor { traced(body(x)) }
}

/// Layers one after another with a way around them (He et al. 2016): x + layers(x). Keys are `0.…`, `1.…`, and
/// `projection.…`.
public final class Residual: Module, Layer {
  public let layers: [any Layer]
  /// What brings the input to the outputs' shape, on the way around.
  public let projection: (any Layer)?

  public override var stateKeys: [String: StateKey] { ["layers": .numbered] }

  public init(projection: (any Layer)? = nil, @LayerBuilder _ layers: () -> [any Layer]) {
    (self.projection, self.layers) = (projection, layers())
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = layers.reduce(x) { $1($0) }
    let direct = projection.map { $0(x) } ?? x
    guard y.shape == direct.shape else {
      let hint = projection == nil ? "Give a projection that makes the same of the input" : "They must be the same"
      return .mistake("Residual: layers make \(y.shape) of \(x.shape), beside \(direct.shape). \(hint)")
    }
    return traced(y + direct)
  }
}

/// Layers side by side on the same input, each with its own result. Keys are `0.…`, `1.…`.
public final class Branches: Module {
  public let layers: [any Layer]

  public override var stateKeys: [String: StateKey] { ["layers": .numbered] }

  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  /// What each layer makes of the input.
  public func callAsFunction(_ x: Tensor) -> [Tensor] { layers.map { $0(x) } }
}

/// Layers side by side on the same input, their results made into one (Szegedy et al. 2015 join channels). Keys are `0.…`,
/// `1.…`.
public final class Parallel: Module, Layer {
  /// What becomes of the results.
  public enum Merge: Hashable, Sendable {
    case sum, mean, product
    /// Joined along an axis, counted from the end when negative.
    case concatenate(axis: Int = -1)
  }

  public let merge: Merge
  private let branches: Branches

  public override var stateKeys: [String: StateKey] { ["branches": .merged] }

  public init(_ merge: Merge = .concatenate(), @LayerBuilder _ layers: () -> [any Layer]) {
    self.merge = merge
    let made = layers()
    let isAny = isPossible(!made.isEmpty, "Parallel: no layers, expected at least one")
    branches = Branches { for layer in isAny ? made : [Identity()] { layer } }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let results = branches(x)
    if case .concatenate(let axis) = merge { return traced(concatenate(results, axis: axis)) }
    if let other = results.first(where: { $0.shape != results[0].shape }) {
      return .mistake(
        "Parallel: layers make \(results[0].shape) and \(other.shape) of \(x.shape), which have no \(merge). They must be "
          + "the same, or be joined by .concatenate()")
    }
    let total = results.dropFirst().reduce(results[0]) { merge == .product ? $0 * $1 : $0 + $1 }
    return traced(merge == .mean ? total / results.count : total)
  }
}

/// A layer again and again: as many with weights of their own, or one with the same weights (Lan et al. 2020). Keys are
/// `0.…`, `1.…`; shared weights are saved once.
public final class Repeat: Module, Layer {
  public let layers: [any Layer]

  public override var stateKeys: [String: StateKey] { ["layers": .numbered] }

  /// `count` layers, each made for itself from its number.
  public init(_ count: Int, _ make: (_ number: Int) -> any Layer) {
    isPossible(count >= 0, "Repeat: \(count) times, expected no fewer than 0")
    layers = (0..<max(0, count)).map(make)
  }

  /// One layer, `count` times.
  public init(_ count: Int, sharing layer: any Layer) {
    isPossible(count >= 0, "Repeat: \(count) times, expected no fewer than 0")
    layers = Array(repeating: layer, count: max(0, count))
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}
