import ApusNN
import ApusTensor

/// A perceptron that finds the noise in points `[batch, features]`, told the time by sines and cosines: diffusion where one
/// can see what it does.
public final class PointPredictor: Module, NoisePredictor {
  private let time: TimeEmbedding
  private let first: Linear
  private let hidden: [Linear]
  private let last: Linear
  public let classes: Int

  /// - Parameters:
  ///   - features: Of a point.
  ///   - hidden: The size of each layer.
  ///   - classes: 0 where it is told none.
  public init(features: Int = 2, hidden: Int = 128, layers: Int = 3, classes: Int = 0, key: inout RandomKey) {
    self.classes = classes
    time = TimeEmbedding(64, hidden, classes: classes, key: &key)
    first = Linear(features, hidden, key: &key)
    var parts: [Linear] = []
    for _ in 1..<max(2, layers) { parts.append(Linear(hidden, hidden, key: &key)) }
    self.hidden = parts
    last = Linear(hidden, features, key: &key)
  }

  public func callAsFunction(_ x: Tensor, time steps: Tensor, labels: Tensor?) -> Tensor {
    let embedded = time(steps, labels: labels)
    let h = hidden.reduce((first(x) + embedded).silu()) { $1($0 + embedded).silu() }
    return traced(last(h))
  }
}
