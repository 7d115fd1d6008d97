import ApusNN
import ApusTensor

/// How much a model's answer changes when what it sees is moved.
public struct TranslationInvariance: Sendable {
  /// By how many pixels the image was moved to the right, or down.
  public let shifts: [Int]
  /// The probability of the class, moved to the right.
  public let horizontal: [Double]
  /// The probability of the class, moved down.
  public let vertical: [Double]
  /// The cosine of the angle between the logits and those of the image as it was, moved to the right.
  public let horizontalSimilarity: [Double]
  /// The cosine of the angle between the logits and those of the image as it was, moved down.
  public let verticalSimilarity: [Double]

  /// Moves an image by up to `maximumShift` pixels each way; what comes in at the edge is what is at its corner.
  ///
  /// - Parameter image: `[1, height, width, channels]`, as the model takes it.
  public init(of model: any Layer, _ image: Tensor, label: Int, maximumShift: Int) {
    let shifts = Array(-maximumShift...maximumShift)
    self.shifts = shifts
    let ground = image[0, 0, 0]
    func logits(axis: Int) -> Tensor {
      let moved = shifts.map { shift -> Tensor in
        let widths = (0..<4).map { $0 == axis ? (shift, -shift) : (0, 0) }
        // The ground is taken away before, so that what is padded with 0 is ground.
        return (image - ground).padded(widths) + ground
      }
      return Phase.with(.inference) { model(concatenate(moved, axis: 0)) }
    }
    let (right, down) = (logits(axis: 2), logits(axis: 1))
    horizontal = right.softmax()[TensorIndex.all, label].doubles()
    vertical = down.softmax()[TensorIndex.all, label].doubles()
    horizontalSimilarity = cosineSimilarity(right, right[maximumShift]).doubles()
    verticalSimilarity = cosineSimilarity(down, down[maximumShift]).doubles()
  }
}
