import ApusNN
import ApusOptim
import ApusTensor

extension TrainingTask {
  /// Learning which class each input belongs to: batches of inputs, and of class numbers `[batch]`. The model gives
  /// logits `[batch, classes]`; cross-entropy is lowered.
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
      let correct = (logits.argMax() .== labels).cast(to: .int32).sum()
      let scores = precision.dtype == nil ? logits : logits.cast(to: .float32)
      return BatchLoss(
        crossEntropy(scores, labels, labelSmoothing: labelSmoothing), sums: [("accuracy", correct)])
    }
    return TrainingTask(objective, metrics: metrics) { batch in
      let logits = model(batch[0])
      return Judgement(
        lossSum: crossEntropy(logits, batch[1], reduction: .sum), predictions: logits, targets: batch[1])
    }
  }

  /// Learning numbers from inputs: batches of inputs and of targets of the model's output's shape. The mean squared
  /// error is lowered.
  public static func regression(
    _ model: any Layer, _ optimizer: Optimizer, scheduler: Scheduler? = nil, average: WeightAverage? = nil,
    clipping: GradientClipping? = nil, metrics: [any Metric] = [MeanAbsoluteError(), RSquared()]
  ) -> TrainingTask {
    let objective = Objective(model, optimizer, scheduler: scheduler, average: average, clipping: clipping) { batch in
      BatchLoss((model(batch[0]) - batch[1]).squared().mean())
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
  /// - Parameter ignoredLabel: Targets that count for nothing.
  public static func languageModel(
    _ model: any Layer, _ optimizer: Optimizer, scheduler: Scheduler? = nil, average: WeightAverage? = nil,
    clipping: GradientClipping? = nil, precision: Precision = .full, ignoredLabel: Int = -100
  ) -> TrainingTask {
    let objective = Objective(
      model, optimizer, scheduler: scheduler, average: average, clipping: clipping, precision: precision
    ) { batch in
      let logits = model(batch[0])
      let scores = precision.dtype == nil ? logits : logits.cast(to: .float32)
      return BatchLoss(crossEntropy(scores, batch[1], ignoredLabel: ignoredLabel))
    }
    return TrainingTask(objective, metrics: [Perplexity(ignoredLabel: ignoredLabel)]) { batch in
      let logits = model(batch[0])
      let loss = crossEntropy(logits, batch[1], ignoredLabel: ignoredLabel, reduction: .sum)
      let tokens = (batch[1] .!= Double(ignoredLabel)).cast(to: .float32).sum()
      return Judgement(lossSum: loss, lossCount: tokens, predictions: logits, targets: batch[1])
    }
  }
}
