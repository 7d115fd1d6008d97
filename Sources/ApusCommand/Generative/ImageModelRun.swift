import Apus
import ApusImages

/// Learning from images without labels, or with few: codes, densities, generators.
struct ImageModelRun: RecipeRun {
  let configuration: RunConfiguration
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "images"
  let data: ImageClassificationData
  let network: any ImageModel
  private let work: ImageModelWork

  init(
    _ recipe: Recipe, _ work: ImageModelWork, _ configuration: RunConfiguration, _ directory: RunDirectory,
    _ reading: DataReading
  ) throws {
    let path = directory.configurationPath
    data = try DatasetAccess.load(recipe, work.imageShape, configuration, reading)
    var configuration = configuration
    configuration.dataset = data.name
    configuration.classNames = data.classNames
    let settings = try work.settings(of: configuration, path)
    var key = RandomKey(configuration.seed)
    let network = work.makeModel(work.imageShape, data.classNames.count, settings, &key)
    let batches = Self.batches(data, network, configuration)
    testBatches = DataLoader(ImageExamples(data.test), batchSize: 500, sampling: .sequential)
    let names = network.measureNames
    let objectives = try network.objectives.map { draft in
      try draft.objective(configuration, batchCount: batches.batchCount, path)
    }
    task = TrainingTask(objectives.map(\.objective), model: network, metrics: [ColumnMeans(names)]) { batch in
      let measures = network.measures(batch[0], batch[1])
      let columns = measures.map { $0.cast(to: .float32).expandingAxis(1) }
      let loss = zip(names, measures).first { $0.0 == "loss" }?.1
      let table = columns.isEmpty ? Tensor.zeros([batch[1].count, 0]) : concatenate(columns, axis: 1)
      return Judgement(lossSum: loss?.sum(), predictions: table, targets: batch[1])
    }
    (self.batches, self.network, self.work) = (batches, network, work)
    self.configuration = objectives.first?.configuration ?? configuration
  }

  /// Images in random order; of a model that is fine-tuned, from then on those that have labels alone.
  private static func batches(
    _ data: ImageClassificationData, _ network: any ImageModel, _ configuration: RunConfiguration
  ) -> any BatchLoader {
    let images = ImageExamples(data.train)
    func loader(_ sampling: Sampling) -> any BatchLoader {
      DataLoader(images, batchSize: configuration.batchSize, sampling: sampling, seed: configuration.seed)
    }
    guard let tuned = network as? any FineTunedImageModel, let count = tuned.labelCount, count < data.train.count
    else { return loader(.shuffled) }
    let labelled = data.train.labelledShare(count, seed: configuration.seed)
    return PhasedBatches(
      loader(.shuffled), until: tuned.firstLabelledEpoch, then: loader(.weighted(labelled, count: data.train.count)))
  }

  var model: Module { network }
  var counts: (training: Int, test: Int) { (data.train.count, data.test.count) }

  var modelSummary: ModelSummary? {
    ModelExample(network, .zeros(Shape([1] + work.imageShape))).summary
  }

  func epochText(_ measures: Measures) -> String {
    measures.map { "\($0.name.words) \($0.value.significant(4))" }.joined(separator: " ")
  }

  func resultText(_ measures: Measures) -> String {
    measures.map { "test \($0.name.words) \($0.value.significant(4))" }.joined(separator: ", ")
  }

  func scoreText(_ name: String, _ value: Double) -> String { "\(name.words) \(value.significant(4))" }

  private var pictureKinds: [TrainingPicture] { TrainingPicture.all(of: network, testImages: testImages(64)) }

  func ownCallbacks(_ directory: RunDirectory) throws -> [any Callback] {
    let drawing = DrawPictures(pictureKinds, directory: directory, interval: work.pictureInterval)
    guard let path = configuration.extras.classifier else { return [drawing] }
    guard let sampler = network as? any ImageSampler else {
      throw UsageError("--classifier is for recipes that make images, not for \(configuration.recipe)")
    }
    return [drawing, JudgeSamples(try SampleJudge(path, images: data.test), sampler)]
  }

  func pictures(_ directory: RunDirectory, isMoving: Bool) -> [TrainingReport.Sample] {
    DrawPictures.written(directory, pictureKinds, isMoving: isMoving)
  }

  /// The first test images, `[count, height, width, channels]`.
  func testImages(_ count: Int) -> Tensor {
    let all = testBatches.epoch(0, startingAt: 0).next()!.tensors[0]
    return all[..<min(count, all.shape[0])]
  }

  func scores(_ arguments: ParsedArguments) throws -> [(name: String, value: Double)] {
    try ImageModelScores(network, data).all(arguments)
  }
}

extension ObjectiveDraft {
  /// The objective that a run makes of it, and the run's configuration with no more epochs than its steps make.
  fileprivate func objective(
    _ configuration: RunConfiguration, batchCount: Int, _ path: String
  ) throws -> (objective: Objective, configuration: RunConfiguration) {
    var own = configuration
    own.learningRate *= rateFactor
    let how = try Optimization(
      part, own, batchCount: batchCount, within: epochs, interval: interval, beta2: beta2, path)
    if let momentum, how.optimizer.momentum != nil { how.optimizer.momentum = momentum }
    var actual = how.configuration
    actual.learningRate = configuration.learningRate
    let objective = Objective(
      name: name, part, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
      precision: how.precision, interval: interval, epochs: epochs, loss: loss)
    return (objective, actual)
  }
}

extension ImageModelWork {
  /// What a run's model is made with: what the configuration says, checked as if it were from the command line.
  func settings(of configuration: RunConfiguration, _ path: String) throws -> ModelSettings {
    var settings = usualSettings
    guard let given = configuration.extras.model else { return settings }
    for name in given.names {
      guard let option = options.first(where: { $0.name == name }) else {
        throw Failure("\(path): the field \"model\" has \"\(name)\", which recipe \(configuration.recipe) has not")
      }
      guard let value = given[name], option.allows(value) else {
        throw Failure("\(path): the field \"model\": \"\(name)\" is not \(option.expectation)")
      }
      settings[name] = value
    }
    return settings
  }
}

extension LabeledImages {
  /// 1 for the images that count as labelled, as many of each class as of the others, and 0 for the rest.
  func labelledShare(_ count: Int, seed: UInt64) -> [Double] {
    var weights = [Double](repeating: 0, count: self.count)
    let classes = 1 + (labels.max().map(Int.init) ?? 0)
    // The first of the classes have one more where the number is no multiple of theirs.
    var left = (0..<classes).map { (count + classes - 1 - $0) / classes }
    for index in shuffledOrder(self.count, seed: seed, epoch: 0) where left[Int(labels[index])] > 0 {
      left[Int(labels[index])] -= 1
      weights[index] = 1
    }
    return weights
  }
}

extension String {
  /// A name of measurements in words.
  fileprivate var words: String { split(separator: "_").joined(separator: " ") }
}

/// A run that learned from images without labels.
struct TrainedImageModel {
  let run: TrainedRun
  let model: any ImageModel
  let work: ImageModelWork

  init(_ run: TrainedRun) throws {
    guard case .imageModel(let work) = run.recipe.work else { throw run.mismatch(expected: "models images") }
    let path = run.directory.configurationPath
    let settings = try work.settings(of: run.configuration, path)
    var key = RandomKey(0)
    let model = work.makeModel(work.imageShape, run.configuration.classNames.count, settings, &key)
    try run.directory.loadModel(into: model)
    (self.run, self.model, self.work) = (run, model, work)
  }

  init(_ path: String) throws { try self.init(TrainedRun(path)) }

  /// The images it was trained and tested on.
  func data() throws -> ImageClassificationData {
    try DatasetAccess.load(run.recipe, work.imageShape, run.configuration, DataReading(isQuiet: true))
  }
}
