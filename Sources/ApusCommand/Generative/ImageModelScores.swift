import Apus
import ApusLinearAlgebra

/// How good the codes of a trained model are: what can be made of images again, and what a linear classifier tells by
/// them, beside as many principal components.
struct ImageModelScores {
  let model: any ImageModel
  let data: ImageClassificationData
  private static let batchSize = 500

  init(_ model: any ImageModel, _ data: ImageClassificationData) { (self.model, self.data) = (model, data) }

  /// What a classifier makes of generated images, where one is named.
  private func samples(_ arguments: ParsedArguments) throws -> [(name: String, value: Double)] {
    guard let path = arguments.string("classifier") else {
      for option in SampleRequest.options.map(\.name) + ["seed"] where arguments.isGiven(option) {
        throw UsageError("--\(option) goes with --classifier (apus evaluate --help)")
      }
      return []
    }
    guard let sampler = model as? any ImageSampler else {
      throw UsageError("--classifier is for runs that make images (apus evaluate --help)")
    }
    let judge = try SampleJudge(path, images: data.test)
    let request = try SampleRequest(
      arguments, sampler, classNames: data.classNames, count: SampleJudge.usualCount, help: "apus evaluate --help")
    guard request.count >= 2 else { throw UsageError("--samples \(request.count): expected 2 or more to be judged") }
    let images = Phase.with(.inference) { sampler.samples(request).evaluated() }
    guard images.isFinite().all().item() != 0 else {
      throw Failure("\(path): the model makes images of NaN, which no classifier can judge")
    }
    return try judge.quality(of: images).scores(judge.classNames)
  }

  /// - Parameter arguments: Those of `apus evaluate`.
  func all(_ arguments: ParsedArguments) throws -> [(name: String, value: Double)] {
    let importance = try importanceWeightedBound(arguments) + samples(arguments)
    var scores: [(name: String, value: Double)] = []
    var size: Int?
    if let encoder = model as? any ImageEncoder {
      let (training, test) = (codes(of: data.train, by: encoder), codes(of: data.test, by: encoder))
      size = training.shape[1]
      scores.append(("code_size", Double(training.shape[1])))
      scores.append(("probe_accuracy", probeAccuracy(training, test)))
    }
    if let size, size < data.train.height * data.train.width * data.train.channels {
      scores += components(size)
    }
    return scores + importance
  }

  /// The codes of all images, `[images, features]`.
  private func codes(of images: LabeledImages, by encoder: any ImageEncoder) -> Tensor {
    let call = compile(updating: encoder) { encoder.code(of: $0) }
    return concatenate(
      Phase.with(.inference) { Self.batches(images).map { call($0).evaluated() } }, axis: 0
    ).evaluated()
  }

  /// Images in their order, `[batch, height, width, channels]`.
  private static func batches(_ images: LabeledImages) -> [Tensor] {
    DataLoader(ImageExamples(images), batchSize: batchSize, sampling: .sequential).epoch(0).map { $0.tensors[0] }
  }

  private func probeAccuracy(_ training: Tensor, _ test: Tensor) -> Double {
    func labels(_ images: LabeledImages) -> Tensor { Tensor(images.labels.map { Int32($0) }) }
    let probe = LinearProbe(training, labels(data.train), classes: data.classNames.count)
    return probe.accuracy(test, labels(data.test))
  }

  /// The same by principal components: the mean squared error, and what a linear classifier tells by them.
  private func components(_ count: Int) -> [(name: String, value: Double)] {
    func rows(_ images: LabeledImages) -> [Tensor] {
      Self.batches(images).map { $0.reshaped(to: [$0.shape[0], -1]) }
    }
    let (training, test) = (rows(data.train), rows(data.test))
    let components = PrincipalComponents(ofBatches: training, count: count)
    func transformed(_ batches: [Tensor]) -> Tensor {
      concatenate(batches.map { components.transformed($0).evaluated() }, axis: 0).evaluated()
    }
    let scores = transformed(test)
    let error = (components.reconstructed(scores) - concatenate(test, axis: 0)).squared().mean().item()
    return [
      ("pca_squared_error", error), ("pca_probe_accuracy", probeAccuracy(transformed(training), scores)),
    ]
  }

  /// The bound of log p(x) that several codes of each test image give, in nats, as a negative number.
  private func importanceWeightedBound(_ arguments: ParsedArguments) throws -> [(name: String, value: Double)] {
    guard let count = try arguments.integer("importance-samples", in: 1...100_000) else { return [] }
    guard let model = model as? VariationalAutoencoder else {
      throw UsageError("--importance-samples is for runs of the recipe vae (apus evaluate --help)")
    }
    // So many codes at a time: the parts are put together by their logarithms.
    let part = min(count, 20)
    guard count % part == 0 else {
      throw UsageError("--importance-samples \(count): expected up to 20, or a multiple of 20")
    }
    let random = RandomState(seed: 0)
    let bound = compile(updating: [model, random]) { inputs in
      let noise = Tensor.normal([part, inputs[0].shape[0], model.codeSize], key: &random.key)
      return [model.importanceWeightedBound(inputs[0], noise: noise)]
    }
    var sum = 0.0
    for images in Self.batches(data.test) {
      let bounds = (0..<(count / part)).map { _ in bound([images])[0].evaluated() }
      let whole = stack(bounds).logSumExp(axes: [0]) - Tensor(Double(bounds.count)).log()
      sum += whole.sum().item()
    }
    return [("importance_weighted_bound", sum / Double(max(1, data.test.count)))]
  }
}
