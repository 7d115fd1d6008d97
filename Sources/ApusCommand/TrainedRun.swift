import Apus

/// A run directory: what was trained, and how.
struct TrainedRun {
  let directory: RunDirectory
  let configuration: RunConfiguration
  let recipe: Recipe

  init(_ path: String) throws {
    directory = RunDirectory(path)
    configuration = try directory.configuration()
    guard let recipe = Recipe.named(configuration.recipe) else {
      throw Failure("\(directory.configurationPath): the recipe \"\(configuration.recipe)\" is unknown (apus recipes)")
    }
    self.recipe = recipe
  }

  /// A model with what was learned.
  func loading(_ makeModel: (inout RandomKey) -> any Layer) throws -> any Layer {
    var key = RandomKey(0)
    let model = makeModel(&key)
    try directory.loadModel(into: model)
    return model
  }

  /// What is told when the run does something else than what is asked for.
  func mismatch(expected: String) -> Failure {
    Failure(
      "\(directory.path): a run of recipe \(recipe.name), which \(recipe.work.text); expected one that \(expected)")
  }
}

/// A run that learned which class an image belongs to.
struct TrainedClassifier {
  let run: TrainedRun
  let model: any Layer
  /// `[height, width, channels]`
  let inputShape: Shape
  /// What is done to every image before the model sees it.
  let preparation: Augmentation

  var configuration: RunConfiguration { run.configuration }
  var recipe: Recipe { run.recipe }

  init(_ path: String) throws { try self.init(TrainedRun(path)) }

  init(_ run: TrainedRun) throws {
    guard case .classification(let inputShape, let makeModel) = run.recipe.work else {
      throw run.mismatch(expected: "classifies images")
    }
    guard !run.configuration.classNames.isEmpty else {
      throw Failure("\(run.directory.configurationPath): the field \"class_names\" is empty")
    }
    self.run = run
    self.inputShape = inputShape
    preparation =
      try run.configuration.augmentation(channels: inputShape[2], run.directory.configurationPath).evaluation
    model = try run.loading { makeModel(run.configuration.classNames.count, &$0) }
  }

  /// The images it was trained and tested on, or those of another directory.
  func data(directory: String? = nil, isQuiet: Bool) throws -> ImageClassificationData {
    try DatasetAccess.load(
      recipe.dataset, directory: directory ?? configuration.dataDirectory,
      isQuiet: isQuiet)
  }

  /// Images as the model takes them, in their order.
  func batches(_ images: LabeledImages) -> DataLoader<ImageExamples<LabeledImages>> {
    DataLoader(ImageExamples(images, augmentation: preparation), batchSize: 500, sampling: .sequential)
  }

  func evaluate(_ images: LabeledImages) -> Evaluation {
    Classifier(model).evaluate(batches(images), classes: configuration.classNames.count)
  }
}

/// A run that learned which class each pixel belongs to.
struct TrainedSegmenter {
  let run: TrainedRun
  let model: any Layer
  /// `[height, width, channels]` of a scene.
  let inputShape: Shape

  init(_ run: TrainedRun) throws {
    guard case .segmentation(let inputShape, let makeModel) = run.recipe.work else {
      throw run.mismatch(expected: "classifies pixels")
    }
    (self.run, self.inputShape) = (run, inputShape)
    model = try run.loading { makeModel(run.configuration.classNames.count, &$0) }
  }

  /// The pictures that its scenes are made of, or those of another directory.
  func data(directory: String?, isQuiet: Bool) throws -> ImageClassificationData {
    var configuration = run.configuration
    configuration.dataDirectory = directory ?? configuration.dataDirectory
    return try DatasetAccess.loadThings(run.recipe, inputShape, configuration, DataReading(isQuiet: isQuiet))
  }
}
