import ApusNN
import ApusTensor

/// The vision transformer (Dosovitskiy et al. 2021): channels last, `[batch, side, side, channels]` to logits `[batch,
/// classes]`; 86,567,656 parameters in size B/16 for 1000 classes; torchvision's layers and keys.
public final class VisionTransformer: Module, Layer {
  /// The sizes of a model.
  public struct Configuration: Hashable, Sendable {
    /// The side of the images.
    public var imageSide: Int
    /// The side of the squares that images are cut into.
    public var patchSide: Int
    public var width: Int
    public var layers: Int
    public var heads: Int
    /// How wide perceptrons are inside.
    public var hidden: Int
    public var dropout: Double

    public init(
      imageSide: Int = 224, patchSide: Int = 16, width: Int = 768, layers: Int = 12, heads: Int = 12,
      hidden: Int = 3072, dropout: Double = 0
    ) {
      guard patchSide > 0, imageSide % patchSide == 0 else {
        fatalError("VisionTransformer: images of \(imageSide) pixels do not divide into patches of \(patchSide)")
      }
      (self.imageSide, self.patchSide, self.width) = (imageSide, patchSide, width)
      (self.layers, self.heads, self.hidden, self.dropout) = (layers, heads, hidden, dropout)
    }

    public static let base16 = Configuration()
    public static let base32 = Configuration(patchSide: 32)
    public static let large16 = Configuration(width: 1024, layers: 24, heads: 16, hidden: 4096)
    public static let large32 = Configuration(patchSide: 32, width: 1024, layers: 24, heads: 16, hidden: 4096)
    public static let huge14 = Configuration(patchSide: 14, width: 1280, layers: 32, heads: 16, hidden: 5120)
    /// For images of 28 pixels.
    public static let small28 = Configuration(
      imageSide: 28, patchSide: 4, width: 128, layers: 6, heads: 4, hidden: 256, dropout: 0.1)
  }

  public let configuration: Configuration
  /// `[1, 1, width]`: what the answer is read from.
  @Parameter public var classToken: Tensor
  public let patches: Conv2D
  public let encoder: VisionEncoder
  public let head: Linear

  public override var stateKeys: [String: StateKey] {
    ["classToken": .named("class_token"), "patches": .named("conv_proj"), "head": .named("heads.head")]
  }

  /// - Parameter channels: Of the images.
  public init(
    _ configuration: Configuration = .base16, classes: Int = 1000, channels: Int = 3, key: inout RandomKey
  ) {
    self.configuration = configuration
    let (side, width) = (configuration.patchSide, configuration.width)
    classToken = .zeros([1, 1, width])
    patches = Conv2D(
      channels, width, kernel: Pair(side), stride: Pair(side),
      initializer: .truncatedNormal(standardDeviation: (1 / Double(channels * side * side)).squareRoot()), key: &key)
    patches.bias = .zeros([width])
    encoder = VisionEncoder(configuration, key: &key)
    head = Linear(width, classes, initializer: .zeros, key: &key)
    head.bias = .zeros([classes])
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let (side, width) = (configuration.imageSide, configuration.width)
    guard x.rank == 4, x.shape[1] == side, x.shape[2] == side else {
      return .mistake("VisionTransformer: input \(x.shape), expected [batch, \(side), \(side), channels]")
    }
    let batch = x.shape[0]
    let tokens = patches(x).reshaped(to: [batch, -1, width])
    let h = encoder(concatenate([classToken.broadcast(to: [batch, 1, width]), tokens], axis: 1))
    return head(h[TensorIndex.all, 0])
  }
}

/// The blocks of a vision transformer, and what is added to its tokens for their places: `[batch, tokens, width]` to the
/// same shape.
public final class VisionEncoder: Module, Layer {
  /// `[1, tokens, width]`
  @Parameter public var positions: Tensor
  public let dropout: Dropout
  let blocks: [VisionBlock.Place]
  public let norm: LayerNorm

  public override var stateKeys: [String: StateKey] {
    ["positions": .named("pos_embedding"), "blocks": .merged, "norm": .named("ln")]
  }

  init(_ configuration: VisionTransformer.Configuration, key: inout RandomKey) {
    let patches = configuration.imageSide / configuration.patchSide
    positions = .normal([1, patches * patches + 1, configuration.width], standardDeviation: 0.02, key: &key)
    dropout = Dropout(configuration.dropout, key: &key)
    blocks = (0..<configuration.layers).map { VisionBlock.Place($0, VisionBlock(configuration, key: &key)) }
    norm = LayerNorm(configuration.width, epsilon: 1e-6)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    norm(blocks.reduce(dropout(x + positions)) { $1.block($0) })
  }
}

/// Self-attention and a perceptron, each after a norm and with a way around it: `[batch, tokens, width]` to the same shape.
public final class VisionBlock: Module, Layer {
  let norm1: LayerNorm
  let attention: MultiHeadAttention
  let dropout: Dropout
  let norm2: LayerNorm
  let perceptron: Sequential

  public override var stateKeys: [String: StateKey] {
    [
      "norm1": .named("ln_1"), "attention": .named("self_attention"), "norm2": .named("ln_2"),
      "perceptron": .named("mlp"),
    ]
  }

  init(_ configuration: VisionTransformer.Configuration, key: inout RandomKey) {
    let (width, hidden) = (configuration.width, configuration.hidden)
    norm1 = LayerNorm(width, epsilon: 1e-6)
    attention = MultiHeadAttention(width, heads: configuration.heads, key: &key)
    dropout = Dropout(configuration.dropout, key: &key)
    norm2 = LayerNorm(width, epsilon: 1e-6)
    let widening = Linear(width, hidden, initializer: .xavierUniform(), key: &key)
    let narrowing = Linear(hidden, width, initializer: .xavierUniform(), key: &key)
    widening.bias = .normal([hidden], standardDeviation: 1e-6, key: &key)
    narrowing.bias = .normal([width], standardDeviation: 1e-6, key: &key)
    perceptron = Sequential {
      widening
      GELU()
      Dropout(configuration.dropout, key: &key)
      narrowing
      Dropout(configuration.dropout, key: &key)
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let h = x + dropout(attention(norm1(x)))
    return traced(h + perceptron(norm2(h)))
  }

  /// A block under torchvision's name of it: `layers.encoder_layer_0`.
  final class Place: Module {
    let number: Int
    let block: VisionBlock

    override var stateKeys: [String: StateKey] { ["block": .named("layers.encoder_layer_\(number)")] }

    init(_ number: Int, _ block: VisionBlock) { (self.number, self.block) = (number, block) }
  }
}
