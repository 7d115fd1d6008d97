import ApusNN
import ApusOptim
import ApusTensor

/// What a layer is trained as before there are labels.
public enum PretrainingMethod: Hashable, Sendable {
  /// The encoder of an autoencoder (Bengio et al. 2007).
  case autoencoders
  /// A restricted Boltzmann machine, by contrastive divergence: a deep belief network (Hinton, Osindero & Teh 2006).
  case boltzmannMachines
}

/// A deep network of sigmoid layers whose weights can be learned one layer at a time without labels (greedy layer-wise
/// pre-training: Hinton, Osindero & Teh 2006; Bengio et al. 2007).
public final class SigmoidClassifier: Module, Layer {
  public let hidden: [Linear]
  public let output: Linear

  /// - Parameter sizes: Of the input, the hidden layers and the output: at least three numbers.
  public init(_ sizes: [Int], initializer: Initializer = .standard, key: inout RandomKey) {
    precondition(
      sizes.count >= 3, "SigmoidClassifier: sizes \(sizes), expected those of input, hidden layers and output")
    var layers: [Linear] = []
    for index in 0..<(sizes.count - 2) {
      layers.append(Linear(sizes[index], sizes[index + 1], initializer: initializer, key: &key))
    }
    hidden = layers
    output = Linear(sizes[sizes.count - 2], sizes[sizes.count - 1], initializer: initializer, key: &key)
  }

  /// Logits: `[examples, features]` to `[examples, classes]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { output(hidden.reduce(x) { $1($0).sigmoid() }) }

  /// Trains each hidden layer in turn to say much of what the layers before it give.
  ///
  /// - Parameters:
  ///   - inputs: `[examples, features]`, numbers from 0 to 1.
  ///   - steps: Of Adam, on the whole batch, for each layer: 200 for autoencoders and 300 for Boltzmann machines unless
  ///     given.
  ///   - learningRate: 0.01 for autoencoders and 0.05 for Boltzmann machines unless given.
  /// - Returns: The error of each layer's reconstruction before and after: the mean cross-entropy of autoencoders, the
  ///   mean squared error of Boltzmann machines.
  @discardableResult
  public func pretrain(
    on inputs: Tensor, by method: PretrainingMethod = .autoencoders, steps: Int? = nil, learningRate: Double? = nil,
    key: inout RandomKey
  ) -> [(before: Double, after: Double)] {
    var codes = inputs
    return hidden.map { encoder in
      let features = codes.shape[1]
      let losses: [Double]
      switch method {
      case .autoencoders:
        let autoencoder = Autoencoder(encoder, Linear(encoder.weight.shape[0], features, key: &key))
        losses = autoencoder.train(on: codes, steps: steps ?? 200, learningRate: learningRate ?? 0.01)
      case .boltzmannMachines:
        let machine = RestrictedBoltzmannMachine(features, encoder.weight.shape[0], key: &key)
        losses = machine.train(on: codes, steps: steps ?? 300, learningRate: learningRate ?? 0.05)
        (encoder.weight, encoder.bias) = (machine.weight, machine.hiddenBias)
      }
      codes = encoder(codes).sigmoid().evaluated()
      return (losses[0], losses[losses.count - 1])
    }
  }

  /// Trains all layers on labelled examples, whole batches of Adam's steps; returns the losses.
  @discardableResult
  public func finetune(_ inputs: Tensor, _ labels: Tensor, steps: Int, learningRate: Double = 0.01) -> [Double] {
    let optimizer = Adam(self, learningRate: learningRate)
    let step = compile(updating: self, optimizer) { (inputs: Tensor, labels: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(self) { crossEntropy(self(inputs), labels) }
      optimizer.update(gradients)
      return loss
    }
    return (0..<steps).map { _ in step(inputs, labels).item() }
  }

  /// The share of labels that it gets right.
  public func accuracy(_ inputs: Tensor, _ labels: Tensor) -> Double {
    (self(inputs).argMax() .== labels).cast(to: .float32).mean().item()
  }
}

/// A sigmoid layer, and one that gives its input back.
private final class Autoencoder: Module {
  let encoder: Linear
  let decoder: Linear

  init(_ encoder: Linear, _ decoder: Linear) { (self.encoder, self.decoder) = (encoder, decoder) }

  func train(on inputs: Tensor, steps: Int, learningRate: Double) -> [Double] {
    let optimizer = Adam(self, learningRate: learningRate)
    let step = compile(updating: self, optimizer) { inputs in
      let (loss, gradients) = valueAndGrad(self) {
        let logits = self.decoder(self.encoder(inputs).sigmoid())
        return (logits.softplus() - logits * inputs).mean()
      }
      optimizer.update(gradients)
      return loss
    }
    return (0..<steps).map { _ in step(inputs).item() }
  }
}

/// Whether pre-training helps when few examples have labels: the same network from both beginnings.
public struct PretrainingComparison: Hashable, Sendable {
  public let seed: UInt64
  public let pretrainedAccuracy: Double
  public let randomAccuracy: Double
  /// The training loss at each step of fine-tuning.
  public let pretrainedLosses: [Double]
  public let randomLosses: [Double]

  /// Ten kinds of noisy binary patterns: many without labels, few with.
  ///
  /// Each class has three prototypes of 64 bits; an example is one of them with each bit flipped with a probability of
  /// 15 %.
  public init(
    seed: UInt64, by method: PretrainingMethod = .autoencoders, labelled: Int = 30, unlabelled: Int = 1000,
    tested: Int = 1000, sizes: [Int] = [64, 48, 48, 48, 10],
    steps: Int = 200
  ) {
    var key = RandomKey(seed)
    let classes = sizes[sizes.count - 1]
    let prototypes = Tensor.bernoulli([classes * 3, sizes[0]], probability: 0.5, key: &key).cast(to: .float32)
    func examples(_ count: Int) -> (inputs: Tensor, labels: Tensor) {
      // Equally many of each prototype.
      let kinds = (Tensor.range(count) % (classes * 3)).shuffled(key: &key)
      let flips = Tensor.bernoulli([count, sizes[0]], probability: 0.15, key: &key).cast(to: .float32)
      let bits = prototypes[kinds]
      return ((bits + flips - bits * flips * 2).evaluated(), (kinds % classes).evaluated())
    }
    let (few, many, test) = (examples(labelled), examples(unlabelled), examples(tested))
    func run(isPretrained: Bool) -> (accuracy: Double, losses: [Double]) {
      // The same first weights for both.
      var weights = RandomKey(seed &+ 1)
      let model = SigmoidClassifier(sizes, key: &weights)
      if isPretrained { model.pretrain(on: many.inputs, by: method, key: &weights) }
      let losses = model.finetune(few.inputs, few.labels, steps: steps)
      return (model.accuracy(test.inputs, test.labels), losses)
    }
    self.seed = seed
    (pretrainedAccuracy, pretrainedLosses) = run(isPretrained: true)
    (randomAccuracy, randomLosses) = run(isPretrained: false)
  }
}
