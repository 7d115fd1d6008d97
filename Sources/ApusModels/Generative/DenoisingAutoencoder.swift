import ApusNN
import ApusTensor
import ApusTraining

/// An autoencoder that is given images with noise and learns to give them back without (Vincent et al. 2008).
public final class DenoisingAutoencoder: Module, Autoencoding {
  public let network: Autoencoder
  public let corruption: Corruption
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  public override var stateKeys: [String: StateKey] { ["network": .merged] }

  /// - Parameter network: What makes codes and images of them.
  public init(_ network: Autoencoder, corruption: Corruption = .gaussian(0.3), key: inout RandomKey) {
    (self.network, self.corruption) = (network, corruption)
    self.key = key.next().words
  }

  public func code(of images: Tensor) -> Tensor { network.code(of: images) }
  public func image(ofCode code: Tensor) -> Tensor { network.image(ofCode: code) }
  public func corrupted(_ images: Tensor, key: inout RandomKey) -> Tensor { corruption(images, key: &key) }

  public var objectives: [ObjectiveDraft] {
    [
      ObjectiveDraft(self) { batch in
        var stream = RandomKey(words: self.key)
        let given = self.corruption(batch[0], key: &stream)
        self.key = stream.words
        return BatchLoss((self(given) - batch[0]).squared().mean())
      }
    ]
  }

  /// `loss`: the mean squared error of what is made of images with noise; `noise`: that of the noise itself.
  public var measureNames: [String] { ["loss", "noise"] }

  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] {
    var stream = RandomKey(0)
    let given = corruption(images, key: &stream)
    return [self(given).squaredError(of: images), given.squaredError(of: images)]
  }
}
