import Apus
import ApusFiles

extension Experiment {
  /// Layers that were trained without labels before there are few.
  static let pretraining = Experiment(
    name: "pretraining",
    summary: "a deep sigmoid net on 600 labels of Fashion-MNIST: pre-trained layer by layer, and from random weights"
  ) { seed in
    let data = try DatasetAccess.load("fashion-mnist", directory: nil, isQuiet: true)
    var options = PretrainingTrial.Options()
    options.hidden = [500, 500, 500]
    // Five epochs of batches of 100 for each layer.
    (options.encoderSteps, options.encoderRate) = (3000, 1e-3)
    (options.machineSteps, options.machineRate) = (3000, 1e-3)
    (options.steps, options.learningRate, options.batchSize) = (2000, 1e-3, 100)
    let methods: [PretrainingMethod] = [.autoencoders, .boltzmannMachines, .none]
    let seeds = (0..<5).map { seed &+ UInt64($0) }
    var accuracies: [[Double]] = methods.map { _ in [] }
    var report = Report()
    report.lines.append("test accuracy with \(labels) labels, hidden sigmoid layers of 500, 500 and 500:")
    report.lines.append("           autoencoders  Boltzmann machines  not pre-trained")
    for seed in seeds {
      let examples = try PretrainingData(data, labelled: labels, seed: seed)
      for (place, method) in methods.enumerated() {
        accuracies[place].append(PretrainingTrial(method, seed: seed, on: examples, options: options).accuracy)
      }
      report.lines.append(row("seed \(seed)", accuracies.map { $0[$0.count - 1].percent(1) }))
    }
    let means = accuracies.map { $0.reduce(0, +) / Double($0.count) }
    let deviations = zip(accuracies, means).map { values, mean in
      (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
    report.lines.append(row("mean", means.map { $0.percent(1) }))
    report.lines.append(row("deviation", deviations.map { $0.percent(1) }))
    report.json = [
      "labels": .integer(labels), "seeds": .array(seeds.map { .string(String($0)) }),
      "autoencoder_accuracy": .numbers(accuracies[0]), "boltzmann_accuracy": .numbers(accuracies[1]),
      "random_accuracy": .numbers(accuracies[2]), "means": .numbers(means), "deviations": .numbers(deviations),
    ]
    return report
  }

  private static let labels = 600

  private static func row(_ name: String, _ cells: [String]) -> String {
    name.padded(9) + zip(cells, [14, 20, 17]).map { $0.leftPadded($1) }.joined()
  }
}

extension PretrainingData {
  /// All training images without labels, as many of each class with them, and the test images.
  fileprivate init(_ data: ImageClassificationData, labelled: Int, seed: UInt64) throws {
    func rows(_ images: LabeledImages) -> Tensor {
      let samples = Tensor(images.pixels, shape: [images.count, images.pixels.count / max(1, images.count)])
      return (samples.cast(to: .float32) / 255).evaluated()
    }
    func classes(_ images: LabeledImages) -> Tensor { Tensor(images.labels.map { Int32($0) }) }
    let (inputs, labels) = (rows(data.train), classes(data.train))
    let weights = data.train.labelledShare(labelled, seed: seed)
    let chosen = Tensor(weights.indices.filter { weights[$0] > 0 }.map { Int32($0) })
    self.init(
      unlabelled: inputs, inputs: inputs[chosen].evaluated(), labels: labels[chosen].evaluated(),
      testInputs: rows(data.test), testLabels: classes(data.test), classes: data.classNames.count)
  }
}
