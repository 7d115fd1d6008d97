import Apus
import ApusFilesTestSupport
import Foundation
import Testing

/// The trainer on tasks of several kinds: it learns, stops where it should, and goes on to the same bits.
@Suite struct TrainerTests {
  /// Everything that has state at once: schedule, average, scaler, clipping, accumulation, early stopping.
  private static func makeFull(_ directory: RunDirectory?) -> Trainer {
    let model = makeNet(2)
    let optimizer = Adam(model, learningRate: 0.02)
    let task = TrainingTask.classification(
      model, optimizer, scheduler: Scheduler(optimizer, .cosine(steps: 16)),
      average: WeightAverage(model, .exponential(decay: 0.9)), clipping: .norm(0.5), precision: .float16(LossScaler()),
      labelSmoothing: 0.1)
    var options = TrainerOptions(epochs: 4)
    options.batchesPerStep = 2
    options.checkpointInterval = 2
    return Trainer(
      task, data: FormulaBatches(), validation: FormulaBatches(), options: options,
      callbacks: [StopEarly(task, patience: 3), KeepCheckpoints(keeping: 2)], directory: directory)
  }

  @Test func anInterruptedRunEndsWithTheSameBits() throws {
    try withTemporaryDirectory { path in
      let whole = try makeDirectory(path + "/whole")
      try Self.makeFull(whole).run()
      let parts = try makeDirectory(path + "/parts")
      var trainer = Self.makeFull(parts)
      // Stopped after each batch but the last of each epoch: by 21 processes, as it were.
      var count = 0
      while case .interrupted = try trainer.run(shouldStop: { true }) {
        trainer = Self.makeFull(parts)
        try trainer.resume()
        count += 1
      }
      #expect(count >= 20)
      #expect(try File.read(whole.modelPath) == File.read(parts.modelPath))
      #expect(try File.read(whole.checkpointPath) == File.read(parts.checkpointPath))
      #expect(try whole.measurements() == parts.measurements())
      let kept = try names(in: parts.path + "/checkpoints")
      #expect(kept == ["best.safetensors", "epoch-0003.safetensors", "epoch-0004.safetensors", "last.safetensors"])
    }
  }

  @Test func classesAreLearned() throws {
    let model = makeNet(2)
    let task = TrainingTask.classification(model, Adam(model, learningRate: 0.02))
    let trainer = Trainer(
      task, data: FormulaBatches(), validation: FormulaBatches(), options: TrainerOptions(epochs: 30))
    #expect(try trainer.run() == .finished)
    #expect(try #require(trainer.lastValidation?.measures["accuracy"]) > 0.95)
  }

  @Test func numbersAreLearned() throws {
    var key = RandomKey(1)
    let model = Sequential { Linear(3, 1, key: &key) }
    let task = TrainingTask.regression(model, SGD(model, learningRate: 0.1, momentum: 0.9))
    var batches = FormulaBatches()
    batches.isClassified = false
    let trainer = Trainer(task, data: batches, validation: batches, options: TrainerOptions(steps: 200))
    #expect(try trainer.run() == .finished && trainer.progress.step == 200)
    let r = try #require(trainer.lastValidation?.measures["r_squared"])
    // What least squares reach on these examples: the third input explains a part of the target alone.
    #expect(r > 0.4 && r <= 1)
  }

  /// Gradients of two batches of one size make the step of one batch of both.
  @Test func accumulationIsALargerBatch() throws {
    func trained(_ batchSize: Int, _ batchesPerStep: Int) throws -> [Double] {
      var key = RandomKey(2)
      let model = Sequential { Linear(3, 2, key: &key) }
      var options = TrainerOptions(epochs: 3)
      options.batchesPerStep = batchesPerStep
      let task = TrainingTask.classification(model, SGD(model, learningRate: 0.5))
      var batches = FormulaBatches(exampleCount: 64)
      batches.batchSize = batchSize
      let trainer = Trainer(task, data: batches, options: options)
      try trainer.run()
      #expect(trainer.progress.step == 12)
      return model.namedTensors.flatMap { $0.tensor.doubles() }
    }
    for (a, b) in zip(try trained(16, 1), try trained(8, 2)) { #expect(abs(a - b) < 1e-6) }
  }

  /// The run stops when the loss has not fallen for as long as patience lasts, with the weights of its best epoch.
  @Test func stoppingEarlyLeavesTheBestModel() throws {
    let model = makeNet(2)
    let task = TrainingTask.classification(model, Adam(model, learningRate: 0.3))
    let stopping = StopEarly(task, patience: 2)
    let trainer = Trainer(
      task, data: FormulaBatches(), validation: FormulaBatches(), options: TrainerOptions(epochs: 100),
      callbacks: [stopping])
    guard case .stoppedEarly = try trainer.run() else {
      Issue.record("the loss fell in each of 100 epochs")
      return
    }
    #expect(trainer.completedEpochs == stopping.bestEpoch + 2)
    #expect(trainer.validate(FormulaBatches()).measures["loss"] == stopping.bestValue)
  }

  @Test func limitsHold() throws {
    let model = makeNet(2)
    let task = TrainingTask.classification(model, Adam(model, learningRate: 0.02))
    var options = TrainerOptions(epochs: 5, steps: 9)
    let trainer = Trainer(task, data: FormulaBatches(), options: options)
    #expect(try trainer.run() == .finished)
    #expect(trainer.progress.step == 9 && trainer.progress.epoch == 1 && trainer.progress.batch == 3)
    options = TrainerOptions(epochs: 1_000_000, time: .milliseconds(50))
    guard case .outOfTime = try Trainer(task, data: FormulaBatches(), options: options).run() else {
      Issue.record("the time was over long ago")
      return
    }
  }

  @Test func theWeightsThatAreJudgedAreTheAverages() throws {
    let model = makeNet(2)
    let average = WeightAverage(model, .equal)
    let task = TrainingTask.classification(model, SGD(model, learningRate: 0.5), average: average)
    let trainer = Trainer(
      task, data: FormulaBatches(), validation: FormulaBatches(), options: TrainerOptions(epochs: 2))
    try trainer.run()
    let plain = TrainingTask.classification(model, SGD(model, learningRate: 0.5))
    let judge = Trainer(plain, data: FormulaBatches(), options: TrainerOptions())
    #expect(judge.validate(FormulaBatches()).measures["loss"] != trainer.lastValidation?.measures["loss"])
    let averaged = average.with { judge.validate(FormulaBatches()).measures["loss"] }
    #expect(averaged == trainer.lastValidation?.measures["loss"])
  }

  /// Of a text in which each token follows from the last, nothing is left to hesitate between.
  @Test func theNextTokenIsLearned() throws {
    struct Counting: BatchLoader {
      let exampleCount = 16
      let batchCount = 4
      func epoch(_ epoch: Int, startingAt first: Int) -> Prefetched<Batch> {
        Prefetched(first..<batchCount) { number in
          let tokens = (0..<32).map { Int32(($0 * 3 + number) % 7) }
          // One target in eight counts for nothing.
          let next = tokens.enumerated().map { $0 % 8 == 0 ? Int32(-100) : ($1 + 3) % 7 }
          return Batch([Tensor(tokens, shape: [4, 8]), Tensor(next, shape: [4, 8])], count: 4)
        }
      }
    }
    var key = RandomKey(1)
    let model = Sequential {
      Embedding(7, 8, key: &key)
      Linear(8, 7, key: &key)
    }
    let task = TrainingTask.languageModel(model, Adam(model, learningRate: 0.05))
    let trainer = Trainer(task, data: Counting(), validation: Counting(), options: TrainerOptions(epochs: 40))
    try trainer.run()
    let measures = try #require(trainer.lastValidation?.measures)
    let (loss, perplexity) = (try #require(measures["loss"]), try #require(measures["perplexity"]))
    #expect(perplexity < 1.1 && abs(perplexity - exp(loss)) < 1e-4)
  }

  /// Rates that are too low change nothing, rates that are too high spoil everything: the one that is found lies between,
  /// and the model is as it was.
  @Test func aLearningRateIsFound() throws {
    let model = makeNet(2)
    let task = TrainingTask.classification(model, Adam(model, learningRate: 0.02))
    let before = model.bytes
    let result = try LearningRateFinder(steps: 80).find(task, FormulaBatches())
    #expect(model.bytes == before)
    let rate = try #require(result.suggestion)
    #expect(rate > 1e-4 && rate < 1, "\(rate)")
    #expect(result.rates.first == 1e-7 && result.rates.count == result.losses.count)
    let picture = result.figure().svg()
    #expect(picture.contains("learning rate") && picture.contains("falls fastest"))
  }

  /// The rate falls when the loss has not fallen for as long as patience lasts.
  @Test func ratesFallOnAPlateau() throws {
    let model = makeNet(2)
    let optimizer = SGD(model, learningRate: 1e-30)
    let task = TrainingTask.classification(model, optimizer)
    let scheduler = PlateauScheduler(optimizer, factor: 0.5, patience: 1, threshold: .absolute(1), leastChange: 0)
    let trainer = Trainer(
      task, data: FormulaBatches(), validation: FormulaBatches(), options: TrainerOptions(epochs: 5),
      callbacks: [ReduceOnPlateau(scheduler)])
    try trainer.run()
    // The first epoch is the best, the third and the fifth are the second in a row that are no better.
    #expect(optimizer.learningRate == 0.25e-30)
  }

  /// Judging within an epoch is seen by callbacks and changes no bit of what is learned.
  @Test func judgingWithinAnEpochChangesNothing() throws {
    final class Watch: Callback {
      var steps: [Int] = []
      func validated(_ trainer: Trainer, _ result: ValidationResult) { steps.append(trainer.progress.step) }
    }
    func trained(_ interval: Int?) throws -> (bytes: [[UInt8]], steps: [Int]) {
      let model = makeNet(2)
      let task = TrainingTask.classification(model, Adam(model, learningRate: 0.02))
      var options = TrainerOptions(epochs: 2)
      options.validationInterval = interval
      let watch = Watch()
      let batches = FormulaBatches()
      try Trainer(task, data: batches, validation: batches, options: options, callbacks: [watch]).run()
      return (model.bytes, watch.steps)
    }
    let (without, with) = (try trained(nil), try trained(2))
    #expect(without.steps == [6, 12] && with.steps == [2, 4, 6, 8, 10, 12])
    #expect(without.bytes == with.bytes)
  }
}
