import Apus
import ApusCPU
import Testing

/// A model and one batch of what it is trained on.
private struct Training: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let makeModel: @Sendable (inout RandomKey) -> any Layer
  let makeBatch: @Sendable (inout RandomKey) -> (inputs: Tensor, labels: Tensor)

  /// Of so large batches and layers that kernels divide their work.
  static let all = [
    Training(
      "MLP", { MultilayerPerceptron([784, 256, 128, 10], key: &$0) }, { images([128, 784], key: &$0) }),
    Training("LeNet-5", { LeNet5(key: &$0) }, { images([64, 28, 28, 1], key: &$0) }),
    Training(
      "ResNet-18", { ResNet(.resnet18, classes: 10, stem: .small, key: &$0) }, { images([4, 16, 16, 3], key: &$0) }),
    Training(
      "LSTM", { RecurrentLanguageModel(.lstm, vocabulary: 500, features: 64, hidden: 128, layers: 2, key: &$0) },
      { tokens([8, 16], vocabulary: 500, key: &$0) }),
    Training(
      "GPT", { GPT(.init(vocabulary: 65, context: 64, width: 128, layers: 2, heads: 4, dropout: 0.1), key: &$0) },
      { tokens([4, 64], vocabulary: 65, key: &$0) }),
  ]

  init(
    _ name: String, _ makeModel: @escaping @Sendable (inout RandomKey) -> any Layer,
    _ makeBatch: @escaping @Sendable (inout RandomKey) -> (inputs: Tensor, labels: Tensor)
  ) {
    (testDescription, self.makeModel, self.makeBatch) = (name, makeModel, makeBatch)
  }

  /// The bits of everything that some steps of training compute: losses, parameters and running statistics, by name.
  func bits(afterSteps steps: Int) -> [(name: String, bits: [UInt32])] {
    var key = RandomKey(11)
    let model = makeModel(&key)
    let (inputs, labels) = makeBatch(&key)
    let optimizer = Adam(model, learningRate: 1e-3)
    let step = compile(updating: model, optimizer) { (inputs: Tensor, labels: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(inputs), labels) }
      optimizer.update(gradients)
      return loss
    }
    let losses = Phase.with(.training) { (0..<steps).map { _ in step(inputs, labels).item() } }
    let floats = model.entries.map { ($0.path, $0.slot.tensor!) }.filter { $0.1.dtype == .float32 }
    return [("losses", losses.map { Float($0).bitPattern })]
      + floats.map { path, value in (path, value.scalars().map(\.bitPattern)) }
  }

  private static func images(_ shape: Shape, key: inout RandomKey) -> (inputs: Tensor, labels: Tensor) {
    (.normal(shape, key: &key), .randomIntegers([shape[0]], in: 0..<10, key: &key))
  }

  private static func tokens(_ shape: Shape, vocabulary: Int, key: inout RandomKey) -> (inputs: Tensor, labels: Tensor)
  {
    (
      .randomIntegers(shape, in: 0..<vocabulary, key: &key), .randomIntegers(shape, in: 0..<vocabulary, key: &key)
    )
  }
}

/// Whole steps of training: forward, gradient and optimizer, with everything between.
@Suite struct TrainingStepTests {
  @Test(arguments: Training.all) fileprivate func bitsDoNotDependOnThreads(_ training: Training) {
    let all = onThreadCounts { training.bits(afterSteps: 2) }
    let first = all[0]
    let losses = first[0].bits.map(Float.init(bitPattern:))
    #expect(losses.allSatisfy(\.isFinite) && losses[1] < losses[0], "it learns: \(losses)")
    for other in all.dropFirst() {
      for (one, another) in zip(first, other) { #expect(one.bits == another.bits, "\(one.name)") }
    }
  }
}
