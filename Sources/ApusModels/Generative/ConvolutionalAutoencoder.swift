import ApusNN
import ApusTensor
import ApusTraining

/// Convolutions that make a short code of an image, and transposed convolutions that make the image of the code (Masci et
/// al. 2011, with steps in the place of pooling): the mean squared error is lowered.
public final class ConvolutionalAutoencoder: Module, Autoencoding {
  public let convolutions: [Conv2D]
  public let encoder: Linear
  public let decoder: Linear
  public let transposed: [ConvTranspose2D]
  /// Of the last maps: `[height, width, channels]`.
  private let mapShape: Shape
  /// Where a side is odd, the last row and column that the transposed convolutions make are cut off.
  private let imageShape: Shape

  /// - Parameters:
  ///   - imageShape: `[height, width, channels]`
  ///   - channels: Of the convolutions' maps; each halves the sides, rounded up.
  ///   - code: How many numbers the code has.
  public init(imageShape: Shape, channels: [Int] = [32, 64], code: Int = 32, key: inout RandomKey) {
    let (height, width) = channels.reduce((imageShape[0], imageShape[1])) { size, _ in
      ((size.0 + 1) / 2, (size.1 + 1) / 2)
    }
    (self.imageShape, mapShape) = (imageShape, [height, width, channels[channels.count - 1]])
    let sizes = [imageShape[2]] + channels
    convolutions = zip(sizes, sizes.dropFirst()).map {
      Conv2D($0, $1, kernel: 3, stride: 2, padding: .explicit(1), key: &key)
    }
    encoder = Linear(
      mapShape.elementCount, code,
      weightLayout: .flattened(channels: mapShape[2], height: height, width: width), key: &key)
    decoder = Linear(code, mapShape.elementCount, key: &key)
    let back = Array(sizes.reversed())
    transposed = zip(back, back.dropFirst()).map {
      ConvTranspose2D($0, $1, kernel: 3, stride: 2, padding: 1, outputPadding: 1, key: &key)
    }
  }

  public func code(of images: Tensor) -> Tensor {
    let maps = convolutions.reduce(images) { $1($0).relu() }
    return encoder(maps.reshaped(to: [images.shape[0], mapShape.elementCount]))
  }

  public func image(ofCode code: Tensor) -> Tensor {
    let maps = decoder(code).relu().reshaped(to: Shape([code.shape[0]] + mapShape))
    let wide = transposed.dropLast().reduce(maps) { $1($0).relu() }
    let samples = transposed[transposed.count - 1](wide).sigmoid()
    return samples[0..., 0..<imageShape[0], 0..<imageShape[1]]
  }

  public var objectives: [ObjectiveDraft] {
    [ObjectiveDraft(self) { batch in BatchLoss((self(batch[0]) - batch[0]).squared().mean()) }]
  }
}
