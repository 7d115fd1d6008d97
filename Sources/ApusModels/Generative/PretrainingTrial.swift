import ApusNN
import ApusOptim
import ApusTensor

/// What the layers of a network are trained as before there are labels.
public enum PretrainingMethod: String, CaseIterable, Hashable, Sendable {
  /// Not at all: the weights are random.
  case none
  /// The encoders of autoencoders (Bengio et al. 2007).
  case autoencoders
  /// Restricted Boltzmann machines, by contrastive divergence: a deep belief network (Hinton, Osindero & Teh 2006).
  case boltzmannMachines
}

/// Many examples without labels, few with, and others to judge by.
public struct PretrainingData: Sendable {
  /// `[examples, features]`, numbers from 0 to 1.
  public let unlabelled: Tensor
  public let inputs: Tensor
  public let labels: Tensor
  public let testInputs: Tensor
  public let testLabels: Tensor
  public let classes: Int

  /// - Parameters:
  ///   - unlabelled: `[examples, features]`, numbers from 0 to 1.
  ///   - inputs: Those that have labels, `[labelled, features]`.
  ///   - labels: Class numbers, `[labelled]`.
  public init(
    unlabelled: Tensor, inputs: Tensor, labels: Tensor, testInputs: Tensor, testLabels: Tensor, classes: Int
  ) {
    (self.unlabelled, self.inputs, self.labels) = (unlabelled, inputs, labels)
    (self.testInputs, self.testLabels, self.classes) = (testInputs, testLabels, classes)
  }

  /// Ten kinds of noisy binary patterns: each class has three prototypes of 64 bits; an example is one of them with each
  /// bit flipped with a probability of 15 %.
  public static func patterns(
    seed: UInt64, labelled: Int = 30, unlabelled: Int = 1000, tested: Int = 1000
  ) -> PretrainingData {
    var key = RandomKey(seed)
    let (classes, features) = (10, 64)
    let prototypes = Tensor.bernoulli([classes * 3, features], probability: 0.5, key: &key).cast(to: .float32)
    func examples(_ count: Int) -> (inputs: Tensor, labels: Tensor) {
      // Equally many of each prototype.
      let kinds = (Tensor.range(count) % (classes * 3)).shuffled(key: &key)
      let flips = Tensor.bernoulli([count, features], probability: 0.15, key: &key).cast(to: .float32)
      let bits = prototypes[kinds]
      return ((bits + flips - bits * flips * 2).evaluated(), (kinds % classes).evaluated())
    }
    let (few, many, test) = (examples(labelled), examples(unlabelled), examples(tested))
    return PretrainingData(
      unlabelled: many.inputs, inputs: few.inputs, labels: few.labels, testInputs: test.inputs,
      testLabels: test.labels, classes: classes)
  }
}

/// A deep network of sigmoid layers that learns from few labels, after its layers have learned without, or from random
/// weights: the same weights for each method.
public struct PretrainingTrial: Hashable, Sendable {
  /// How the network is built and trained.
  public struct Options: Hashable, Sendable {
    /// Units of the hidden layers.
    public var hidden = [48, 48, 48]
    /// Of Adam for each layer, by autoencoders.
    public var encoderSteps = 200
    public var encoderRate = 0.01
    /// Of Adam for each layer, by Boltzmann machines.
    public var machineSteps = 300
    public var machineRate = 0.05
    /// Of Adam with labels.
    public var steps = 200
    public var learningRate = 0.01
    /// Examples in a step; nil for all.
    public var batchSize: Int?

    public init() {}
  }

  public let method: PretrainingMethod
  public let seed: UInt64
  /// The share of the test examples that are told right.
  public let accuracy: Double
  /// The loss at each step with labels.
  public let losses: [Double]

  public init(
    _ method: PretrainingMethod, seed: UInt64, on data: PretrainingData, options: Options = Options()
  ) {
    (self.method, self.seed) = (method, seed)
    let features = data.unlabelled.shape[1]
    // The same first weights for all methods.
    var key = RandomKey(seed &+ 1)
    let model = StackedAutoencoder(
      [features] + options.hidden + [data.classes], layerEpochs: method == .autoencoders ? 1 : 0, key: &key)
    switch method {
    case .none: break
    case .autoencoders:
      for draft in model.objectives.dropLast() {
        lower(
          draft, of: model, [data.unlabelled], steps: options.encoderSteps, learningRate: options.encoderRate,
          batchSize: options.batchSize, key: &key)
      }
    case .boltzmannMachines:
      let machines = DeepBeliefNetwork(imageShape: [features], hidden: options.hidden, key: &key)
      for draft in machines.objectives {
        lower(
          draft, of: machines, [data.unlabelled], steps: options.machineSteps, learningRate: options.machineRate,
          batchSize: options.batchSize, key: &key)
      }
      for (layer, machine) in zip(model.classifier.hidden, machines.machines) {
        (layer.weight, layer.bias) = (machine.weight, machine.hiddenBias)
      }
    }
    losses = lower(
      model.objectives[model.objectives.count - 1], of: model, [data.inputs, data.labels], steps: options.steps,
      learningRate: options.learningRate, batchSize: options.batchSize, key: &key)
    accuracy = model.classifier.accuracy(data.testInputs, data.testLabels)
  }
}

/// Lowers a loss by so many of Adam's steps on batches that are drawn at random; returns the losses.
@discardableResult
private func lower(
  _ draft: ObjectiveDraft, of model: Module, _ examples: [Tensor], steps: Int, learningRate: Double, batchSize: Int?,
  key: inout RandomKey
) -> [Double] {
  let optimizer = Adam(draft.part, learningRate: learningRate)
  let step = compile(updating: [model, optimizer]) { inputs in
    let batch = inputs.dropLast().map { batchSize == nil ? $0 : $0[inputs[inputs.count - 1]] }
    let (loss, gradients) = valueAndGrad(draft.part) { draft.loss(batch).loss }
    optimizer.update(gradients)
    return [loss]
  }
  let count = examples[0].shape[0]
  return Phase.with(.training) {
    (0..<steps).map { _ in
      let rows = Tensor.randomIntegers([min(batchSize ?? 1, count)], in: 0..<count, key: &key)
      return step(examples + [rows])[0].item()
    }
  }
}
