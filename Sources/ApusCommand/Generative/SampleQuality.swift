import Apus
import ApusLinearAlgebra

/// How generated images look to a trained classifier.
struct SampleQuality {
  /// From the test images, over the classifier's features: 0 for images that are distributed alike.
  let frechetDistance: Double
  /// The mean probability of the likeliest class.
  let confidence: Double
  /// The share of the images that each class is the likeliest for.
  let shares: [Double]

  /// For the metrics of a training.
  var measures: [(name: String, value: Double)] {
    [
      ("frechet_distance", frechetDistance), ("confidence", confidence), ("least_class_share", shares.min() ?? 0),
    ]
  }

  /// With the share of each class.
  func scores(_ classNames: [String]) -> [(name: String, value: Double)] {
    let names = classNames.map { name in
      "share_" + String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
    return measures + zip(names, shares).map { ($0, $1) }
  }
}

/// Judges images by a classifier that was trained on such images.
struct SampleJudge {
  private let classifier: TrainedClassifier
  private let features: ClassifierFeatures
  private let real: FeatureStatistics
  /// As many images as numbers settle down with.
  static let usualCount = 1000

  var classNames: [String] { classifier.configuration.classNames }

  /// - Parameters:
  ///   - path: The run of a classifier.
  ///   - images: Real ones, `[height, width, channels]` each, which neither model was trained on.
  init(_ path: String, images: LabeledImages) throws {
    classifier = try TrainedClassifier(path)
    let shape: Shape = [images.height, images.width, images.channels]
    guard classifier.inputShape == shape else {
      throw Failure("\(path): a classifier of images \(classifier.inputShape), expected one of \(shape)")
    }
    guard
      let features = ClassifierFeatures(
        classifier.model, classes: classifier.configuration.classNames.count,
        example: .zeros(Shape([1] + shape)))
    else {
      throw Failure(
        "\(path): recipe \(classifier.recipe.name) does not end in a linear layer, whose inputs are compared")
    }
    self.features = features
    real = FeatureStatistics(Self.features(of: images, classifier, features))
  }

  /// - Parameter images: `[count, height, width, channels]` in 0…1, two or more.
  func quality(of images: Tensor) throws -> SampleQuality {
    // As coarse as real ones.
    let samples = images.clamped(0, 1).scalars(Float.self).map { UInt8(($0 * 255).rounded()) }
    let made = try LabeledImages(
      count: images.shape[0], height: images.shape[1], width: images.shape[2], channels: images.shape[3],
      pixels: samples, labels: [UInt8](repeating: 0, count: images.shape[0]))
    let values = Self.features(of: made, classifier, features)
    let probabilities = features.probabilities(ofFeatures: values)
    var counts = [Int](repeating: 0, count: probabilities.shape[1])
    for label in probabilities.argMax().scalars(Int32.self) { counts[Int(label)] += 1 }
    return SampleQuality(
      frechetDistance: real.frechetDistance(from: FeatureStatistics(values)),
      confidence: probabilities.max(axis: 1).mean().item(),
      shares: counts.map { Double($0) / Double(max(1, made.count)) })
  }

  private static func features(
    of images: LabeledImages, _ classifier: TrainedClassifier, _ features: ClassifierFeatures
  ) -> Tensor {
    concatenate(classifier.batches(images).epoch(0).map { features($0.tensors[0]) }).evaluated()
  }
}

/// Judges what a model makes after each epoch, and before the first: how training goes on, told by a number.
final class JudgeSamples: Callback {
  private let judge: SampleJudge
  private let model: any ImageSampler
  private let request: SampleRequest

  init(_ judge: SampleJudge, _ model: any ImageSampler) {
    (self.judge, self.model) = (judge, model)
    request = SampleRequest(
      count: SampleJudge.usualCount / 2, seed: 1, steps: model is any StepwiseImageSampler ? 20 : nil)
  }

  func runBegan(_ trainer: Trainer) throws { if trainer.progress.step == 0 { try note(trainer) } }
  func epochEnded(_ trainer: Trainer, _ report: EpochReport) throws { try note(trainer) }

  private func note(_ trainer: Trainer) throws {
    let images = trainer.task.withAverages { Phase.with(.inference) { model.samples(request).evaluated() } }
    // What is not a number is training's to tell.
    guard images.isFinite().all().item() == 1 else { return }
    try trainer.record(try judge.quality(of: images).measures, split: "samples")
  }
}
