import Apus
import ApusCPU
import ApusImages

/// A recipe's model, optimizer and data, made as a configuration says.
struct ClassificationRun {
  let configuration: RunConfiguration
  let data: ImageClassificationData
  let model: any Layer
  let task: TrainingTask
  /// What is trained on, changed at random as the configuration says.
  let batches: any BatchLoader
  let testBatches: any BatchLoader

  /// - Parameter path: Where the configuration is from.
  init(
    _ recipe: Recipe, _ configuration: RunConfiguration, _ data: ImageClassificationData, _ path: String
  ) throws {
    let extras = configuration.extras
    let augmentation: Augmentation
    do {
      augmentation = try Augmentation(ofRun: extras.augmentation ?? "")
    } catch {
      throw Failure("\(path): \(error.description)")
    }
    let batches = DataLoader(
      ImageExamples(data.train, augmentation: augmentation), batchSize: configuration.batchSize, sampling: .shuffled,
      seed: configuration.seed)
    var actual = configuration
    let stepsPerEpoch = (batches.batchCount + (extras.accumulate ?? 1) - 1) / (extras.accumulate ?? 1)
    if let steps = extras.steps { actual.epochs = min(actual.epochs, (steps + stepsPerEpoch - 1) / stepsPerEpoch) }
    var key = RandomKey(configuration.seed)
    let model = recipe.makeModel(configuration.classNames.count, &key)
    guard let kind = OptimizerKind(rawValue: configuration.optimizer) else {
      throw Failure("\(path): the optimizer \"\(configuration.optimizer)\" is unknown")
    }
    guard let schedule = ScheduleKind(rawValue: configuration.schedule) else {
      throw Failure("\(path): the schedule \"\(configuration.schedule)\" is unknown")
    }
    let optimizer = kind.make(
      model, learningRate: configuration.learningRate, weightDecay: extras.weightDecay)
    let total = min(extras.steps ?? .max, actual.epochs.multipliedReportingOverflow(by: stepsPerEpoch).partialValue)
    let scheduler =
      schedule == .constant
      ? nil
      : Scheduler(
        optimizer,
        schedule.make(
          learningRate: configuration.learningRate, steps: total, withMomentum: optimizer.momentum != nil))
    let precision: Precision =
      switch extras.precision {
      case "bfloat16": .bfloat16
      case "float16": .float16(LossScaler())
      default: .full
      }
    task = .classification(
      model, optimizer, scheduler: scheduler,
      average: extras.averageDecay.map { WeightAverage(model, .warming(decay: $0)) },
      clipping: extras.clipNorm.map { .norm($0) }, precision: precision,
      labelSmoothing: extras.labelSmoothing ?? 0,
      metrics: [Accuracy(), ConfusionMatrix(classes: configuration.classNames.count)])
    self.configuration = actual
    self.data = data
    self.model = model
    self.batches = batches
    testBatches = DataLoader(ImageExamples(data.test), batchSize: 500, sampling: .sequential)
  }

  func options(time: Duration?) -> TrainerOptions {
    var options = TrainerOptions(epochs: configuration.epochs, steps: configuration.extras.steps, time: time)
    options.batchesPerStep = configuration.extras.accumulate ?? 1
    options.checkpointInterval = configuration.extras.checkpointInterval
    return options
  }

  func callbacks(_ directory: RunDirectory, writesEvents: Bool) -> [any Callback] {
    var callbacks: [any Callback] = []
    if let count = configuration.extras.keep { callbacks.append(KeepCheckpoints(keeping: count)) }
    if let patience = configuration.extras.earlyStopping { callbacks.append(StopEarly(task, patience: patience)) }
    if writesEvents {
      let images = data.train
      let input = Tensor.zeros([1, images.height, images.width, images.channels])
      callbacks.append(
        LogTensorBoard(
          directory: directory.eventsPath, summary: ModelSummary(model, input: input),
          text: configuration.facts.map { "- \($0.name): \($0.value)" }.joined(separator: "\n")))
    }
    callbacks.append(
      WriteReport(
        title: "\(configuration.recipe) on \(data.name)", classNames: configuration.classNames,
        facts: { [facts] in facts }, samples: { samples($0) }))
    return callbacks
  }

  /// What is run, and on what.
  private var facts: [(name: String, value: String)] {
    var facts = configuration.facts
    facts.append(("parameters", model.parameterCount.grouped))
    facts.append(("examples", "\(data.train.count.grouped) for training, \(data.test.count.grouped) for testing"))
    facts.append(("computed by", "\(CPUBackend.threads) threads (\(CPUBackend.instructionSet))"))
    facts.append(("Apus", ApusCommand.version))
    return facts
  }

  /// Test images: some as they come, then the surest mistakes of the first batch.
  private func samples(_ trainer: Trainer) -> [TrainingReport.Sample] {
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
        png: image.pngData, width: images.width, height: images.height,
        caption: "\(name) \(best[place].percent(0))\(truth)", isRight: isRight)
    }
  }
}

extension Augmentation {
  /// What a run does to the images it is trained on. Nothing that whoever uses the model would have to do as well: test
  /// images and predictions are taken as they are.
  init(ofRun text: String) throws(DataError) {
    try self.init(parsing: text)
    guard evaluation.steps.isEmpty else {
      throw DataError(
        "augmentation '\(text)': a recipe's model takes images scaled to 0…1, so that normalize is not for a run")
    }
  }
}
