import ApusNN
import ApusOptim
import ApusTensor

extension TrainingTask {
  /// Learning which class each input belongs to: batches of inputs, and of class numbers `[batch]`. The model gives
  /// logits `[batch, classes]`; cross-entropy is lowered. Or which class each place of an input belongs to: class numbers
  /// `[batch, height, width]`, logits `[batch, height, width, classes]`, and the means are over all places.
  ///
  /// - Parameters:
  ///   - labelSmoothing: ε of Szegedy et al. 2016, in training alone.
  ///   - metrics: Measured on what is not trained on.
  public static func classification(
    _ model: any Layer, _ optimizer: Optimizer, scheduler: Scheduler? = nil, average: WeightAverage? = nil,
    clipping: GradientClipping? = nil, precision: Precision = .full, labelSmoothing: Double = 0,
    metrics: [any Metric] = [Accuracy()]
  ) -> TrainingTask {
    let objective = Objective(
      model, optimizer, scheduler: scheduler, average: average, clipping: clipping, precision: precision
    ) { batch in
      let (logits, labels) = (model(batch[0]), batch[1])
      let places = labels.count / max(1, labels.shape[0])
      var correct = (logits.argMax() .== labels).cast(to: .int32).sum()
      if places > 1 { correct = correct.cast(to: .float32) / Double(places) }
      let scores = precision.dtype == nil ? logits : logits.cast(to: .float32)
      return BatchLoss(
        crossEntropy(scores, labels, labelSmoothing: labelSmoothing), sums: [("accuracy", correct)])
    }
    return TrainingTask(objective, metrics: metrics) { batch in
      let logits = model(batch[0])
      return Judgement(
        lossSum: crossEntropy(logits, batch[1], reduction: .sum),
        lossCount: batch[1].rank > 1 ? Tensor(Double(batch[1].count)) : nil, predictions: logits, targets: batch[1])
    }
  }

  /// Learning numbers from inputs: batches of inputs and of targets of the model's output's shape. The mean squared
  /// error is lowered.
  public static func regression(
    _ model: any Layer, _ optimizer: Optimizer, scheduler: Scheduler? = nil, average: WeightAverage? = nil,
    clipping: GradientClipping? = nil, precision: Precision = .full,
    metrics: [any Metric] = [MeanAbsoluteError(), RSquared()]
  ) -> TrainingTask {
    let objective = Objective(
      model, optimizer, scheduler: scheduler, average: average, clipping: clipping, precision: precision
    ) { batch in
      let outputs = model(batch[0])
      let exact = precision.dtype == nil ? outputs : outputs.cast(to: .float32)
      return BatchLoss((exact - batch[1]).squared().mean())
    }
    return TrainingTask(objective, metrics: metrics) { batch in
      let outputs = model(batch[0])
      let errors = (outputs - batch[1]).squared()
      return Judgement(
        lossSum: errors.sum(), lossCount: Tensor(Double(errors.count)), predictions: outputs, targets: batch[1])
    }
  }

  /// Learning which token comes next: batches of tokens and of the tokens that follow them, `[batch, time]`. The model
  /// gives logits `[batch, time, vocabulary]`; cross-entropy is lowered, the mean over the tokens.
  ///
  /// - Parameters:
  ///   - labelSmoothing: ε of Szegedy et al. 2016, in training alone.
  ///   - ignoredLabel: Targets that count for nothing.
  public static func languageModel(
    _ model: any Layer, _ optimizer: Optimizer, scheduler: Scheduler? = nil, average: WeightAverage? = nil,
    clipping: GradientClipping? = nil, precision: Precision = .full, labelSmoothing: Double = 0,
    ignoredLabel: Int = -100
  ) -> TrainingTask {
    tokens(
      Objective(
        model, optimizer, scheduler: scheduler, average: average, clipping: clipping, precision: precision
      ) { batch in
        tokenLoss(model(batch[0]), batch[1], precision, labelSmoothing, ignoredLabel)
      }, ignoredLabel: ignoredLabel
    ) { batch in (model(batch[0]), batch[1]) }
  }

  /// Learning which token comes next with a recurrent net that goes on where the batch before ended: batches as
  /// `TokenStreams` gives them, of tokens, of the tokens that follow, and of whether the text goes on. Gradients go back to
  /// the beginning of a batch (truncated back-propagation through time).
  ///
  /// - Parameters:
  ///   - batchSize: Of the batches that are trained on.
  ///   - validationBatchSize: Of those that are not.
  ///   - forward: Tokens and the state before them to logits and the state after them.
  ///   - initialState: The state before the first token.
  public static func languageModel(
    carryingStateOf model: Module, _ optimizer: Optimizer, batchSize: Int, validationBatchSize: Int,
    scheduler: Scheduler? = nil, average: WeightAverage? = nil, clipping: GradientClipping? = nil,
    precision: Precision = .full, labelSmoothing: Double = 0, initialState: (_ batch: Int) -> [Tensor],
    forward: @escaping (_ tokens: Tensor, _ state: [Tensor]) -> (logits: Tensor, state: [Tensor])
  ) -> TrainingTask {
    let trained = CarriedState(initialState(batchSize))
    let judged = CarriedState(initialState(validationBatchSize))
    func logits(_ batch: [Tensor], _ carried: CarriedState) -> Tensor {
      let (logits, state) = forward(batch[0], carried.state(goesOn: batch[2]))
      carried.keep(state)
      return logits
    }
    var task = tokens(
      Objective(
        model, optimizer, scheduler: scheduler, average: average, clipping: clipping, precision: precision
      ) { batch in
        tokenLoss(logits(batch, trained), batch[1], precision, labelSmoothing, -100)
      }, ignoredLabel: -100
    ) { batch in (logits(batch, judged), batch[1]) }
    task.state = [("carried", trained), ("judged", judged)]
    return task
  }

  private static func tokenLoss(
    _ logits: Tensor, _ targets: Tensor, _ precision: Precision, _ labelSmoothing: Double, _ ignoredLabel: Int
  ) -> BatchLoss {
    let scores = precision.dtype == nil ? logits : logits.cast(to: .float32)
    return BatchLoss(crossEntropy(scores, targets, labelSmoothing: labelSmoothing, ignoredLabel: ignoredLabel))
  }

  /// A task on tokens: judged by the perplexity.
  private static func tokens(
    _ objective: Objective, ignoredLabel: Int,
    predict: @escaping (_ batch: [Tensor]) -> (logits: Tensor, targets: Tensor)
  ) -> TrainingTask {
    TrainingTask(objective, metrics: [Perplexity(ignoredLabel: ignoredLabel, isOfLoss: true)]) { batch in
      let (logits, targets) = predict(batch)
      let loss = crossEntropy(logits, targets, ignoredLabel: ignoredLabel, reduction: .sum)
      let tokens = (targets .!= Double(ignoredLabel)).cast(to: .float32).sum()
      return Judgement(lossSum: loss, lossCount: tokens, predictions: logits, targets: targets)
    }
  }
}
