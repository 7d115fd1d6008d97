import ApusNN
import ApusTensor
import ApusTraining

/// An autoencoder of many hidden units, few of which answer to an image (Ng 2011, "Sparse autoencoder").
///
/// Lowered is, in the mean over the images, ½‖x̂ − x‖² + β Σ_j KL(ρ ‖ ρ̂_j), ρ̂_j being the mean activation of unit j over
/// the batch; or ½‖x̂ − x‖² + λ Σ_j |h_j|.
public final class SparseAutoencoder: Module, Autoencoding {
  /// What makes units be silent.
  public enum Sparsity: Hashable, Sendable {
    /// Sigmoid units whose mean activation is to be `target`, ρ; β is the weight.
    case divergence(target: Double, weight: Double)
    /// Rectified units, whose activations cost λ each: most are exactly 0.
    case l1(weight: Double)

    /// The kinds by name, as `apus train` takes them.
    public static let names = ["kl", "l1"]
  }

  public let encoder: Linear
  public let decoder: Linear
  public let sparsity: Sparsity
  private let imageShape: Shape

  /// - Parameters:
  ///   - imageShape: `[height, width, channels]`
  ///   - hidden: How many units.
  public init(
    imageShape: Shape, hidden: Int = 256, sparsity: Sparsity = .divergence(target: 0.05, weight: 3),
    key: inout RandomKey
  ) {
    (self.imageShape, self.sparsity) = (imageShape, sparsity)
    encoder = Linear(imageShape.elementCount, hidden, initializer: .xavierUniform(), key: &key)
    decoder = Linear(hidden, imageShape.elementCount, initializer: .xavierUniform(), key: &key)
  }

  /// The activations of the hidden units.
  public func code(of images: Tensor) -> Tensor {
    let inputs = encoder(images.reshaped(to: [images.shape[0], imageShape.elementCount]))
    return if case .l1 = sparsity { inputs.relu() } else { inputs.sigmoid() }
  }

  public func image(ofCode code: Tensor) -> Tensor {
    decoder(code).sigmoid().reshaped(to: Shape([code.shape[0]] + imageShape))
  }

  /// What activations `[batch, hidden]` cost beside the error, a scalar.
  public func penalty(_ activations: Tensor) -> Tensor {
    switch sparsity {
    case .divergence(let target, let weight): sparsityPenalty(activations, sparsity: target) * weight
    case .l1(let weight): Penalty.l1(weight)(activations) / Double(activations.shape[0])
    }
  }

  public var objectives: [ObjectiveDraft] {
    [
      ObjectiveDraft(self) { batch in
        let code = self.code(of: batch[0])
        let error = (self.image(ofCode: code) - batch[0]).squared().sum() / Double(2 * batch[0].shape[0])
        return BatchLoss(error + self.penalty(code))
      }
    ]
  }

  /// `loss`: the mean squared error; the mean activation of the units; and the share of units that are above a tenth of
  /// their range (sigmoid) or above 0.
  public var measureNames: [String] { ["loss", "mean_activation", "active_share"] }

  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] {
    let code = code(of: images)
    let threshold = if case .l1 = sparsity { 0.0 } else { 0.1 }
    return [
      image(ofCode: code).squaredError(of: images), code.mean(axis: 1),
      (code .> threshold).cast(to: .float32).mean(axis: 1),
    ]
  }
}
