import ApusTensor

/// What is done to a photograph before a network sees it, as in the network's training.
public struct ImagePreprocessing: Hashable, Sendable {
  /// How a picture comes to the side that the network expects.
  public enum Crop: Hashable, Sendable {
    /// The shorter side is resized to so many pixels, then the middle is cut out: torchvision's.
    case afterResizing(shorterSide: Int)
    /// The largest square in the middle is cut out, then resized.
    case beforeResizing
  }

  /// Between which samples a resized one lies: in both cases the filter widens when it shrinks.
  public enum Filter: Hashable, Sendable { case bilinear, bicubic }

  /// Of the square that the network sees.
  public let side: Int
  public let crop: Crop
  public let filter: Filter
  /// Of red, green and blue in 0…1; subtracted.
  public let mean: [Double]
  /// Of red, green and blue in 0…1; divided by.
  public let deviation: [Double]

  /// As torchvision's published weights expect: 256, 224, bilinear, the mean and deviation of ImageNet.
  public static let imageNet = imageNet(resizedSide: 256)

  /// As torchvision's published weights expect.
  public static func imageNet(resizedSide: Int) -> ImagePreprocessing {
    ImagePreprocessing(
      side: 224, crop: .afterResizing(shorterSide: resizedSide), filter: .bilinear, mean: [0.485, 0.456, 0.406],
      deviation: [0.229, 0.224, 0.225])
  }

  /// As EfficientNet-Lite's published weights expect: (x − 127) / 128 of samples in 0…255.
  public static func efficientNetLite(side: Int) -> ImagePreprocessing {
    ImagePreprocessing(
      side: side, crop: .beforeResizing, filter: .bicubic, mean: [Double](repeating: 127.0 / 255, count: 3),
      deviation: [Double](repeating: 128.0 / 255, count: 3))
  }

  /// Images `[batch, side, side, 3]` of samples in 0…1 as the network sees them.
  public func normalized(_ images: Tensor) -> Tensor {
    (images - Tensor(mean.map { Float($0) })) / Tensor(deviation.map { Float($0) })
  }
}
