import ApusNN
import ApusTensor
import ApusTraining

/// Perceptrons that make a short code of an image and the image of the code (Hinton & Salakhutdinov 2006): the mean squared
/// error is lowered.
public final class Autoencoder: Module, Autoencoding {
  /// `[height, width, channels]`
  public let imageShape: Shape
  public let encoder: [Linear]
  public let decoder: [Linear]
  public let activation: Activation
  /// What makes samples of the last layer's numbers.
  public let output: Activation

  /// - Parameters:
  ///   - hidden: How many units the encoder's layers between image and code have; the decoder's have as many, the last
  ///     first.
  ///   - code: How many numbers the code has. They are as the last layer gives them, without an activation.
  ///   - activation: Of the hidden layers. With `.identity` and an `output` of that kind the codes are as good as those of
  ///     the principal components at best (Bourlard & Kamp 1988; Baldi & Hornik 1989).
  public init(
    imageShape: Shape, hidden: [Int] = [512, 256], code: Int = 32, activation: Activation = .relu,
    output: Activation = .sigmoid, key: inout RandomKey
  ) {
    let sizes = [imageShape.elementCount] + hidden + [code]
    (self.imageShape, self.activation, self.output) = (imageShape, activation, output)
    encoder = zip(sizes, sizes.dropFirst()).map { Linear($0, $1, key: &key) }
    let back = Array(sizes.reversed())
    decoder = zip(back, back.dropFirst()).map { Linear($0, $1, key: &key) }
  }

  private func passed(_ x: Tensor, _ layers: [Linear]) -> Tensor {
    layers.dropLast().reduce(x) { activation($1($0)) }
  }

  public func code(of images: Tensor) -> Tensor {
    encoder[encoder.count - 1](passed(images.reshaped(to: [images.shape[0], imageShape.elementCount]), encoder))
  }

  public func image(ofCode code: Tensor) -> Tensor {
    let samples = output(decoder[decoder.count - 1](passed(code, decoder)))
    return samples.reshaped(to: Shape([code.shape[0]] + imageShape))
  }

  public var objectives: [ObjectiveDraft] {
    [ObjectiveDraft(self) { batch in BatchLoss((self(batch[0]) - batch[0]).squared().mean()) }]
  }
}
