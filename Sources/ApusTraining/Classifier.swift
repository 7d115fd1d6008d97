import ApusData
import ApusNN
import ApusTensor

/// How well a classifier does on examples, or on the places of examples each of which has a class.
public struct Evaluation: Hashable, Sendable {
  /// The mean cross-entropy.
  public let loss: Double
  public let correct: Int
  /// How many classes were to be told: of images as many as there are, of their pixels more.
  public let count: Int
  /// Row: the true class; column: the predicted one.
  public let confusion: [[Int]]

  public var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }
}

/// A model that maps images, rows or whatever it takes to logits, used for inference.
public struct Classifier {
  public let model: any Layer
  private let logits: (Tensor) -> Tensor

  public init(_ model: any Layer) {
    self.model = model
    logits = compile(updating: model) { model($0) }
  }

  /// Class probabilities `[batch, classes]` of images `[batch, height, width, channels]` scaled to 0…1.
  public func probabilities(_ images: Tensor) -> Tensor { Phase.with(.inference) { logits(images).softmax() } }

  /// Judges the model on all images.
  public func evaluate(_ images: LabeledImages, classes: Int, batchSize: Int = 500) -> Evaluation {
    evaluate(DataLoader(ImageExamples(images), batchSize: batchSize, sampling: .sequential), classes: classes)
  }

  /// Judges the model on the first epoch of batches: inputs, and class numbers `[batch]` or of all places
  /// `[batch, height, width]`.
  public func evaluate(_ batches: any BatchLoader, classes: Int) -> Evaluation {
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    var (loss, count) = (0.0, 0)
    for batch in batches.epoch(0, startingAt: 0) {
      let labels = batch.tensors[1]
      let scores = Phase.with(.inference) { logits(batch.tensors[0]) }
      let total = crossEntropy(scores, labels, reduction: .sum)
      let predictions = scores.argMax()
      Tensor.evaluate([total, predictions])
      loss += total.item()
      count += labels.count
      for (label, prediction) in zip(labels.scalars(Int32.self), predictions.scalars(Int32.self)) {
        confusion[Int(label)][Int(prediction)] += 1
      }
    }
    let correct = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
    return Evaluation(
      loss: count == 0 ? 0 : loss / Double(count), correct: correct, count: count, confusion: confusion)
  }
}
