import Apus
import ApusImages

/// Learning which class an image belongs to.
struct ClassificationRun: RecipeRun {
  let configuration: RunConfiguration
  let task: TrainingTask
  /// What is trained on, changed at random as the configuration says.
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "images"
  private let data: ImageClassificationData
  private let network: any Layer

  init(
    _ recipe: Recipe, _ inputShape: Shape, _ makeModel: (Int, inout RandomKey) -> any Layer,
    _ configuration: RunConfiguration, _ directory: RunDirectory, _ reading: DataReading
  ) throws {
    let path = directory.configurationPath
    data = try DatasetAccess.load(recipe, inputShape, configuration, reading)
    var configuration = configuration
    configuration.dataset = data.name
    configuration.classNames = data.classNames
    let augmentation = try configuration.augmentation(channels: inputShape[2], path)
    batches = DataLoader(
      ImageExamples(data.train, augmentation: augmentation), batchSize: configuration.batchSize, sampling: .shuffled,
      seed: configuration.seed)
    testBatches = DataLoader(
      ImageExamples(data.test, augmentation: augmentation.evaluation), batchSize: 500, sampling: .sequential)
    var key = RandomKey(configuration.seed)
    network = makeModel(configuration.classNames.count, &key)
    let how = try Optimization(network, configuration, batchCount: batches.batchCount, path)
    task = .classification(
      network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
      precision: how.precision, labelSmoothing: configuration.extras.labelSmoothing ?? 0,
      metrics: [Accuracy(), ConfusionMatrix(classes: configuration.classNames.count)])
    self.configuration = how.configuration
  }

  var model: Module { network }
  var counts: (training: Int, test: Int) { (data.train.count, data.test.count) }

  var modelSummary: ModelSummary? {
    ModelSummary(network, input: .zeros([1, data.train.height, data.train.width, data.train.channels]))
  }

  func epochText(_ measures: Measures) -> String {
    "loss \((measures["loss"] ?? .nan).fixed(4)) accuracy \((measures["accuracy"] ?? .nan).percent())"
  }

  func resultText(_ measures: Measures) -> String {
    "test accuracy \((measures["accuracy"] ?? .nan).percent()), test loss \((measures["loss"] ?? .nan).fixed(4))"
  }

  /// Test images: some as they come, then the surest mistakes of the first batch.
  func samples(_ trainer: Trainer) -> [TrainingReport.Sample] {
    let images = data.test
    // Its batches are in the order of the data.
    guard let batch = testBatches.epoch(0, startingAt: 0).next() else { return [] }
    let places = Array(0..<batch.count)
    let shares = trainer.predictions(for: batch.tensors).softmax()
    let (classes, best) = (shares.argMax().scalars(Int32.self).map(Int.init), shares.max(axis: -1).doubles())
    let mistakes = places.filter { classes[$0] != Int(images.labels[$0]) }.sorted { best[$0] > best[$1] }
    let size = images.height * images.width * images.channels
    return (places.prefix(12) + mistakes.filter { $0 >= 12 }.prefix(12)).map { place in
      let label = Int(images.labels[place])
      let pixels = Array(images.pixels[(place * size)..<((place + 1) * size)])
      let image = Image(width: images.width, height: images.height, channels: images.channels, pixels: pixels)
      let name = configuration.classNames[classes[place]]
      let isRight = classes[place] == label
      let truth = isRight ? "" : ", not \(configuration.classNames[label])"
      return TrainingReport.Sample(
        png: image.pngData, width: images.width, height: images.height, channels: images.channels,
        caption: "\(name) \(best[place].percent(0))\(truth)", isRight: isRight)
    }
  }
}

extension DatasetAccess {
  /// The images that a configuration names, of the size that a recipe expects.
  static func load(
    _ recipe: Recipe, _ inputShape: Shape, _ configuration: RunConfiguration, _ reading: DataReading
  ) throws -> ImageClassificationData {
    let data = try load(
      recipe.dataset, directory: configuration.dataDirectory, isStrict: reading.isStrict,
      isQuiet: reading.isQuiet)
    let images = data.train
    guard [images.height, images.width, images.channels] == Array(inputShape), images.count > 0 else {
      let expected = inputShape.map(String.init).joined(separator: " × ")
      throw Failure(
        "\(data.name): images of \(images.height) × \(images.width) × \(images.channels), recipe \(recipe.name) "
          + "expects \(expected)")
    }
    return data
  }
}

extension RunConfiguration {
  /// What is done to the images that are trained on; its ``Augmentation/evaluation`` part is done to all images.
  ///
  /// - Parameter path: Where the configuration is from.
  func augmentation(channels: Int, _ path: String) throws -> Augmentation {
    do {
      let augmentation = try Augmentation(parsing: extras.augmentation ?? "")
      try augmentation.check(channels: channels)
      return augmentation
    } catch {
      throw Failure("\(path): \(error.description)")
    }
  }
}
