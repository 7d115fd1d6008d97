import ApusNN
import ApusOptim
import ApusTensor
import ApusTraining

extension TrainingTask {
  /// Learning to translate: batches of sources `[batch, sourceTime]` and of targets `[batch, time]`, each of which begins
  /// and ends with marks of its own. Cross-entropy is lowered, the mean over the tokens after the first mark.
  ///
  /// - Parameter labelSmoothing: ε of Szegedy et al. 2016, in training alone.
  public static func translation(
    _ model: any Translator, _ optimizer: Optimizer, scheduler: Scheduler? = nil, average: WeightAverage? = nil,
    clipping: GradientClipping? = nil, labelSmoothing: Double = 0
  ) -> TrainingTask {
    let padding = model.padding
    func parts(_ batch: [Tensor]) -> (logits: Tensor, labels: Tensor) {
      let target = batch[1]
      return (model(batch[0], target[0..., 0..<(target.shape[1] - 1)]), target[0..., 1...])
    }
    let objective = Objective(model, optimizer, scheduler: scheduler, average: average, clipping: clipping) { batch in
      let (logits, labels) = parts(batch)
      return BatchLoss(crossEntropy(logits, labels, labelSmoothing: labelSmoothing, ignoredLabel: padding))
    }
    return TrainingTask(objective, metrics: [Perplexity(ignoredLabel: padding, isOfLoss: true)]) { batch in
      let (logits, labels) = parts(batch)
      return Judgement(
        lossSum: crossEntropy(logits, labels, ignoredLabel: padding, reduction: .sum),
        lossCount: (labels .!= Double(padding)).cast(to: .float32).sum(), predictions: logits, targets: labels)
    }
  }

  /// Learning a tag for each word: batches of words and of tags, `[batch, time]` both. The model gives logits
  /// `[batch, time, tags]`; cross-entropy is lowered, the mean over the words.
  ///
  /// - Parameter ignoredLabel: The tag of what is no word.
  public static func tagging(
    _ model: any Layer, _ optimizer: Optimizer, tags: Int, scheduler: Scheduler? = nil, average: WeightAverage? = nil,
    clipping: GradientClipping? = nil, labelSmoothing: Double = 0, ignoredLabel: Int = -100
  ) -> TrainingTask {
    let objective = Objective(model, optimizer, scheduler: scheduler, average: average, clipping: clipping) { batch in
      BatchLoss(crossEntropy(model(batch[0]), batch[1], labelSmoothing: labelSmoothing, ignoredLabel: ignoredLabel))
    }
    let metrics: [any Metric] = [
      Accuracy(ignoredLabel: ignoredLabel),
      ConfusionMatrix(classes: tags, noting: [(.f1, .macro)], ignoredLabel: ignoredLabel),
    ]
    return TrainingTask(objective, metrics: metrics) { batch in
      let logits = model(batch[0])
      return Judgement(
        lossSum: crossEntropy(logits, batch[1], ignoredLabel: ignoredLabel, reduction: .sum),
        lossCount: (batch[1] .!= Double(ignoredLabel)).cast(to: .float32).sum(), predictions: logits, targets: batch[1])
    }
  }
}
