import ApusData
import ApusNN
import ApusTensor

/// How well a classifier does on a set of images.
public struct Evaluation: Hashable, Sendable {
  /// The mean cross-entropy.
  public let loss: Double
  public let correct: Int
  public let count: Int
  /// Row: the true class; column: the predicted one.
  public let confusion: [[Int]]

  public var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }
}

/// A model that maps images to logits, used for inference.
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
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    var loss = 0.0
    for batch in ImageLoader(images, batchSize: batchSize).epoch(0) {
      let scores = Phase.with(.inference) { logits(batch.images) }
      let total = crossEntropy(scores, batch.labels, reduction: .sum)
      let predictions = scores.argMax()
      Tensor.evaluate([total, predictions])
      loss += total.item()
      for (label, prediction) in zip(batch.labels.scalars(Int32.self), predictions.scalars(Int32.self)) {
        confusion[Int(label)][Int(prediction)] += 1
      }
    }
    let correct = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
    return Evaluation(
      loss: images.count == 0 ? 0 : loss / Double(images.count), correct: correct, count: images.count,
      confusion: confusion)
  }
}
