import ApusNN
import ApusOptim
import ApusTensor

/// The smallest network with one hidden layer that computes exclusive or, two inputs, two hidden units and one output,
/// trained by back-propagation (Rumelhart, Hinton & Williams 1986).
public final class ExclusiveOrNetwork: Module, Layer {
  public let hidden: Linear
  public let output: Linear

  public init(key: inout RandomKey) {
    hidden = Linear(2, 2, initializer: .xavierUniform(gain: 2), key: &key)
    output = Linear(2, 1, initializer: .xavierUniform(gain: 2), key: &key)
  }

  /// The logit of "true": `[…, 2]` to `[…, 1]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { output(hidden(x).tanh()) }

  /// How training went.
  public struct Training: Hashable, Sendable {
    /// The mean cross-entropy before each step.
    public let losses: [Double]
    /// How many of the four cases are wrong in the end.
    public let errors: Int
  }

  /// The four cases, `[4, 2]`, and what they give, `[4, 1]`.
  public static var cases: (inputs: Tensor, targets: Tensor) {
    ([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])
  }

  /// A network that was trained from one draw of first weights after another until none of the four cases is wrong, how
  /// its training went, and how many draws it took; after `maximumAttempts` the last.
  public static func trained(
    maximumAttempts: Int = 20, key: inout RandomKey
  ) -> (network: ExclusiveOrNetwork, training: Training, attempts: Int) {
    var attempts = 1
    while true {
      let network = ExclusiveOrNetwork(key: &key)
      let training = network.train()
      if training.errors == 0 || attempts == maximumAttempts { return (network, training, attempts) }
      attempts += 1
    }
  }

  /// Trains on all four cases at once until the loss is below 0.01 or there were so many steps. From some first weights
  /// two hidden units end in a local minimum with one error.
  public func train(learningRate: Double = 0.1, maximumSteps: Int = 1000) -> Training {
    let (inputs, targets) = ExclusiveOrNetwork.cases
    let optimizer = Adam(self, learningRate: learningRate)
    let step = compile(updating: self, optimizer) { (inputs: Tensor, targets: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(self) {
        // The cross-entropy of the logit a: log(1 + e^−a) where true, log(1 + e^a) where false.
        (self(inputs) * (1 - targets * 2)).softplus().mean()
      }
      optimizer.update(gradients)
      return loss
    }
    var losses: [Double] = []
    while losses.count < maximumSteps {
      losses.append(step(inputs, targets).item())
      if losses[losses.count - 1] < 0.01 { break }
    }
    let answers = self(inputs).doubles()
    let errors = zip(answers, targets.doubles()).count { ($0 > 0) != ($1 > 0.5) }
    return Training(losses: losses, errors: errors)
  }
}
