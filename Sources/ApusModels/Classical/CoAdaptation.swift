import ApusNN
import ApusOptim
import ApusTensor

/// How much hidden units rely on each other, with dropout and without: what dropout is meant to prevent (Hinton et al.
/// 2012, "Improving neural networks by preventing co-adaptation of feature detectors"; Srivastava et al. 2014, section 7.1:
/// units that fix up the mistakes of others).
public struct CoAdaptation: Hashable, Sendable {
  /// The probability with which hidden units were dropped in training.
  public let dropout: Double
  /// How much of what the units add to the output others take away again: the magnitudes of the covariances of all pairs
  /// of contributions, over the variance of their sum. 1 where none works against another.
  public let cancellation: Double
  /// By what factor the test error rises when half of the hidden units fail and the others are doubled: near 1 where
  /// each is of use by itself.
  public let errorRatio: Double
  /// The mean magnitude of the correlation of two hidden units over the test set. Dropout may raise it: units that are of
  /// use by themselves say the same.
  public let correlation: Double
  /// The mean squared error over the test set.
  public let testError: Double

  /// The mean magnitude of the correlation between two of the units `[examples, units]`, a scalar; units that are
  /// constant do not count.
  public static func correlation(_ activations: Tensor) -> Tensor {
    guard activations.rank == 2, activations.shape[1] >= 2 else {
      return .mistake("CoAdaptation.correlation: \(activations.shape), expected [examples, units], 2 units or more")
    }
    let centred = activations - activations.mean(axis: 0)
    let lengths = centred.squared().sum(axis: 0).sqrt()
    let lives = lengths .> 1e-6
    let units = select(lives, centred / select(lives, lengths, 1), 0)
    let all = units.transposed().matmul(units).abs()
    let count = lives.cast(to: activations.dtype).sum()
    return (all.sum() - count) / maximum(count * (count - 1), 1)
  }

  /// Σⱼₖ |cov(cⱼ, cₖ)| / var(Σⱼ cⱼ) of what units add to an output, `[examples, units]`; a scalar, 1 or more.
  public static func cancellation(_ contributions: Tensor) -> Tensor {
    guard contributions.rank == 2 else {
      return .mistake("CoAdaptation.cancellation: \(contributions.shape), expected [examples, units]")
    }
    let centred = contributions - contributions.mean(axis: 0)
    return centred.transposed().matmul(centred).abs().sum() / centred.sum(axis: 1).squared().sum()
  }

  /// A network of one hidden layer, trained on noisy values of a smooth function of eight numbers.
  public init(dropout: Double, width: Int = 64, examples: Int = 200, steps: Int = 1500, key: inout RandomKey) {
    let teacher = Tensor.normal([8, 3], key: &key)
    func sample(_ count: Int, noise: Double) -> (x: Tensor, y: Tensor) {
      let x = Tensor.normal([count, 8], key: &key)
      let clean = x.matmul(teacher).tanh().sum(axis: 1, keepDims: true)
      let y = clean + Tensor.normal([count, 1], standardDeviation: noise, key: &key)
      return (x.evaluated(), y.evaluated())
    }
    let (training, test) = (sample(examples, noise: 0.3), sample(2000, noise: 0))
    let (first, last) = (Linear(8, width, key: &key), Linear(width, 1, key: &key))
    let model = Sequential([first, ReLU(), Dropout(dropout, key: &key), last])
    let optimizer = Adam(model, learningRate: 5e-3)
    let step = compile(updating: model, optimizer) { (x: Tensor, y: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { (model(x) - y).squared().mean() }
      optimizer.update(gradients)
      return loss
    }
    Phase.with(.training) { for _ in 0..<steps { _ = step(training.x, training.y).item() } }
    let hidden = first(test.x).relu().evaluated()
    let error = (last(hidden) - test.y).squared().mean().item()
    let failing = Dropout(0.5, key: &key)
    let broken = (0..<20).map { _ in
      Phase.with(.training) { (last(failing(hidden)) - test.y).squared().mean().item() }
    }
    self.dropout = dropout
    cancellation = CoAdaptation.cancellation(hidden * last.weight[0]).item()
    correlation = CoAdaptation.correlation(hidden).item()
    errorRatio = broken.reduce(0, +) / Double(broken.count) / error
    testError = error
  }
}
