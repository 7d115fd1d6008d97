import Apus

extension Workload {
  /// Training and inference of each model.
  static let models =
    classifier("mlp", batch: 128, learningRate: 1e-3, image: [784], classes: 10) { key in
      MultilayerPerceptron([784, 512, 512, 10], key: &key)
    }
    + classifier("lenet5", batch: 128, learningRate: 1e-3, image: [28, 28, 1], classes: 10) { key in
      LeNet5(key: &key)
    }
    + classifier("resnet18", batch: 32, learningRate: 1e-5, image: [32, 32, 3], classes: 10) { key in
      ResNet(.resnet18, classes: 10, stem: .small, key: &key)
    }
    + classifier("alexnet", batch: 8, learningRate: 1e-5, image: [224, 224, 3], classes: 1000) { key in
      AlexNet(dropout: 0, key: &key)
    }
    + classifier("vgg16", batch: 8, learningRate: 1e-6, image: [224, 224, 3], classes: 1000) { key in
      VGG(.vgg16, dropout: 0, key: &key)
    }
    + languageModel("lstm-lm", batch: 32, time: 64, vocabulary: 10_000) { key in
      RecurrentLanguageModel(.lstm, vocabulary: 10_000, features: 256, hidden: 512, key: &key)
    }
    + languageModel("gpt", batch: 8, time: 256, vocabulary: 65) { key in gpt(&key) }

  static func gpt(_ key: inout RandomKey) -> GPT {
    GPT(.init(vocabulary: 65, context: 256, width: 384, layers: 6, heads: 6, tiesHead: false), key: &key)
  }

  private static func classifier(
    _ name: String, batch: Int, learningRate: Double, image: Shape, classes: Int,
    _ make: @escaping @Sendable (inout RandomKey) -> any Layer
  ) -> [Maker] {
    makers(name, batch, learningRate, gain: 6, make) { count in
      HashedValues.images(Shape([count] + Array(image)), classes: classes)
    }
  }

  private static func languageModel(
    _ name: String, batch: Int, time: Int, vocabulary: Int,
    _ make: @escaping @Sendable (inout RandomKey) -> any Layer
  ) -> [Maker] {
    makers(name, batch, 1e-4, gain: 3, make) { HashedValues.tokens(batch: $0, time: time, vocabulary: vocabulary) }
  }

  private static func makers(
    _ name: String, _ batch: Int, _ learningRate: Double, gain: Double,
    _ make: @escaping @Sendable (inout RandomKey) -> any Layer,
    _ data: @escaping @Sendable (Int) -> (Tensor, Tensor)
  ) -> [Maker] {
    let filled = { @Sendable in
      var key = RandomKey(0)
      let model = make(&key)
      HashedValues.fill(model, gain: gain)
      return model
    }
    return [
      Maker(name: name, batch: batch) { count, _ in training(filled(), data(count), learningRate) },
      Maker(name: "\(name)-inference", batch: batch) { count, _ in inference(filled(), data(count)) },
    ]
  }

  private static func training(_ model: any Layer, _ data: (Tensor, Tensor), _ learningRate: Double) -> Workload {
    let (inputs, targets) = data
    let optimizer = Adam(model, learningRate: learningRate)
    let compiled = compile(updating: model, optimizer) { (inputs: Tensor, targets: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(inputs), targets) }
      optimizer.update(gradients)
      return loss
    }
    let step = { Phase.with(.training) { compiled(inputs, targets) } }
    return Workload(warmUp: { steps in (0..<steps).map { _ in step().item() } }, step: step)
  }

  private static func inference(_ model: any Layer, _ data: (Tensor, Tensor)) -> Workload {
    let (inputs, targets) = data
    let forward = compile { model($0) }
    return Workload(warmUp: { _ in [crossEntropy(forward(inputs), targets).item()] }, step: { forward(inputs) })
  }
}
