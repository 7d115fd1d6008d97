import ApusNN
import ApusTensor

/// U-Net (Ronneberger, Fischer & Brox 2015): channels last, `[batch, height, width, channels]` to logits of each pixel,
/// `[batch, height', width', classes]`; 31,030,658 parameters as published (one channel in, two classes).
///
/// On the way down each level halves the sides and doubles the channels; on the way up transposed convolutions undo that,
/// and what the level had on the way down is put beside it.
public final class UNet: Module, Layer {
  /// The sizes of a model.
  public struct Configuration: Hashable, Sendable {
    /// How many channels the first level has.
    public var width: Int
    /// How often the sides are halved.
    public var depth: Int
    /// Whether convolutions are padded, so that the result is as large as the image; its sides must then divide by
    /// 2^depth. As published they are not: of 572 pixels 388 are left.
    public var isPadded: Bool
    /// Whether each convolution is normalised; as published they are not.
    public var batchNorm: Bool

    public init(width: Int = 64, depth: Int = 4, isPadded: Bool = false, batchNorm: Bool = false) {
      guard width > 0, depth >= 0 else {
        fatalError("UNet: width \(width) and depth \(depth), expected no fewer than 1 and 0")
      }
      (self.width, self.depth, self.isPadded, self.batchNorm) = (width, depth, isPadded, batchNorm)
    }

    public static let published = Configuration()
    /// For images of 28 or 32 pixels.
    public static let small = Configuration(width: 16, depth: 2, isPadded: true, batchNorm: true)
  }

  public let configuration: Configuration
  /// The levels on the way down, the lowest last.
  public let down: [Sequential]
  /// What doubles the sides, the lowest first.
  public let up: [ConvTranspose2D]
  /// The levels on the way up, the lowest first.
  public let merge: [Sequential]
  /// From channels to classes.
  public let head: Conv2D

  public init(
    _ configuration: Configuration = .published, classes: Int = 2, channels: Int = 1, key: inout RandomKey
  ) {
    self.configuration = configuration
    let widths = (0...configuration.depth).map { configuration.width << $0 }
    down = widths.indices.map { level in
      UNet.level(level == 0 ? channels : widths[level - 1], widths[level], configuration, key: &key)
    }
    var (up, merge): ([ConvTranspose2D], [Sequential]) = ([], [])
    for level in (0..<configuration.depth).reversed() {
      up.append(ConvTranspose2D(widths[level + 1], widths[level], kernel: 2, stride: 2, key: &key))
      merge.append(UNet.level(2 * widths[level], widths[level], configuration, key: &key))
    }
    (self.up, self.merge) = (up, merge)
    head = Conv2D(widths[0], classes, kernel: 1, key: &key)
  }

  /// Two 3×3 convolutions with ReLU. Their deviation is √(2 / fanIn), section 3.1 of the paper.
  private static func level(
    _ inputs: Int, _ outputs: Int, _ configuration: Configuration, key: inout RandomKey
  ) -> Sequential {
    var layers: [any Layer] = []
    for number in 0..<2 {
      layers.append(
        Conv2D(
          number == 0 ? inputs : outputs, outputs, kernel: 3, padding: configuration.isPadded ? 1 : .valid,
          bias: !configuration.batchNorm, initializer: .kaimingNormal(), key: &key))
      if configuration.batchNorm { layers.append(BatchNorm(outputs)) }
      layers.append(ReLU())
    }
    return Sequential(layers)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = down[0](x)
    var levels: [Tensor] = []
    for level in down.dropFirst() {
      guard h.shape[1] % 2 == 0, h.shape[2] % 2 == 0 else {
        return .mistake(
          "UNet: input \(x.shape) comes to a level of \(h.shape[1]) × \(h.shape[2]), which does not halve. Take another size"
            + (configuration.isPadded ? ", a multiple of \(1 << configuration.depth)" : ""))
      }
      levels.append(h)
      h = level(h.maxPool2D(2))
    }
    for (number, across) in levels.reversed().enumerated() {
      let raised = up[number](h)
      h = merge[number](concatenate([UNet.cropped(across, to: raised.shape), raised], axis: 3))
    }
    return head(h)
  }

  /// The middle of a tensor, as high and wide as a shape.
  private static func cropped(_ x: Tensor, to shape: Shape) -> Tensor {
    let (top, left) = ((x.shape[1] - shape[1]) / 2, (x.shape[2] - shape[2]) / 2)
    if x.shape[1] == shape[1], x.shape[2] == shape[2] { return x }
    return x[TensorIndex.all, top..<top + shape[1], left..<left + shape[2]]
  }
}
