import ApusNN
import ApusTensor
import ApusTraining

/// A model that makes a code of an image and the image of the code.
public protocol Autoencoding: LatentImageModel, ImageReconstructor {}

extension Autoencoding {
  /// Images of the same shape: what is left of them in the code.
  public func callAsFunction(_ images: Tensor) -> Tensor { image(ofCode: code(of: images)) }
  public func reconstructed(_ images: Tensor) -> Tensor { self(images) }

  /// `loss`: the mean squared error.
  public var measureNames: [String] { ["loss"] }
  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] { [self(images).squaredError(of: images)] }
}

/// What is done to images before a model sees them that learns to give them back without it (Vincent et al. 2008).
public enum Corruption: Hashable, Sendable {
  case none
  /// Normally distributed numbers of this deviation are added.
  case gaussian(Double)
  /// Samples are set to 0 with this probability.
  case masking(Double)
  /// Samples are set with this probability, half of them to 0 and half to 1.
  case saltAndPepper(Double)

  /// The kinds by name, as `apus train` takes them.
  public static let names = ["gaussian", "masking", "salt-and-pepper"]

  /// By name, and how much.
  public init?(name: String, level: Double) {
    switch name {
    case "gaussian": self = .gaussian(level)
    case "masking": self = .masking(level)
    case "salt-and-pepper": self = .saltAndPepper(level)
    default: return nil
    }
  }

  /// Images of any shape with the noise, drawn with the next keys.
  public func callAsFunction(_ images: Tensor, key: inout RandomKey) -> Tensor {
    switch self {
    case .none: return images
    case .gaussian(let deviation):
      return images + .normal(images.shape, standardDeviation: deviation, key: &key, dtype: images.dtype)
    case .masking(let probability):
      let keeps = Tensor.bernoulli(images.shape, probability: 1 - probability, key: &key)
      return images * keeps.cast(to: images.dtype)
    case .saltAndPepper(let probability):
      let isSet = Tensor.bernoulli(images.shape, probability: probability, key: &key)
      let isWhite = Tensor.bernoulli(images.shape, probability: 0.5, key: &key)
      return select(isSet, isWhite.cast(to: images.dtype), images)
    }
  }
}
