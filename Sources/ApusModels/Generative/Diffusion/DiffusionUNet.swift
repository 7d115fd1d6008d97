import ApusNN
import ApusTensor

/// The U-Net of denoising diffusion (Ho, Jain & Abbeel 2020, appendix B): images `[batch, height, width, channels]` and
/// times `[batch]` to the noise in them, or what else is asked of it, of the images' shape. Keys are those of the
/// published code in PyTorch.
///
/// Each level has residual blocks that are told the time; levels of few pixels look at all of them by attention. The sides
/// are halved from level to level, so that 2^(levels − 1) must divide those of the images.
public final class DiffusionUNet: Module, NoisePredictor {
  /// The sizes of a model.
  public struct Configuration: Hashable, Sendable {
    /// Of the images.
    public var channels: Int
    /// How many channels the first level has.
    public var width: Int
    /// How many times that each level has.
    public var multipliers: [Int]
    /// Residual blocks of each level on the way down; one more on the way up.
    public var blocks: Int
    /// The levels with attention, from 0; the lowest has it between its ways down and up in any case.
    public var attentionLevels: Set<Int>
    /// Channels of each head; nil for one head.
    public var headDim: Int?
    /// Of group normalisation.
    public var groups: Int
    public var dropout: Double
    /// How many classes of images it is told of; 0 for none.
    public var classes: Int

    public init(
      channels: Int = 1, width: Int = 128, multipliers: [Int] = [1, 2, 2, 2], blocks: Int = 2,
      attentionLevels: Set<Int> = [1], headDim: Int? = nil, groups: Int = 32, dropout: Double = 0.1, classes: Int = 0
    ) {
      guard channels > 0, width > 0, width % 2 == 0, !multipliers.isEmpty, multipliers.allSatisfy({ $0 > 0 }),
        blocks > 0
      else {
        fatalError(
          "DiffusionUNet: width \(width), multipliers \(multipliers) and \(blocks) blocks, expected an even width and "
            + "no number below 1")
      }
      (self.channels, self.width, self.multipliers, self.blocks) = (channels, width, multipliers, blocks)
      (self.attentionLevels, self.headDim, self.groups) = (attentionLevels, headDim, groups)
      (self.dropout, self.classes) = (dropout, classes)
    }

    /// For images of 28 pixels on a CPU: 28 × 28, 14 × 14 and 7 × 7, the last with attention.
    public static func small28(classes: Int) -> Configuration {
      Configuration(
        width: 32, multipliers: [1, 2, 2], blocks: 1, attentionLevels: [2], groups: 8, dropout: 0, classes: classes)
    }
  }

  public let configuration: Configuration
  private let time: TimeEmbedding
  private let first: Conv2D
  private let down: [DiffusionLevel]
  private let middle: DiffusionMiddle
  private let up: [DiffusionLevel]
  private let norm: GroupNorm
  private let last: Conv2D

  public override var stateKeys: [String: StateKey] {
    [
      "time": .named("temb"), "first": .named("conv_in"), "middle": .named("mid"), "norm": .named("norm_out"),
      "last": .named("conv_out"),
    ]
  }

  public var classes: Int { configuration.classes }

  public init(_ configuration: Configuration, key: inout RandomKey) {
    self.configuration = configuration
    let widths = configuration.multipliers.map { $0 * configuration.width }
    let embedded = 4 * configuration.width
    time = TimeEmbedding(configuration.width, embedded, classes: configuration.classes, key: &key)
    first = Conv2D(configuration.channels, configuration.width, kernel: 3, padding: 1, key: &key)
    // What each block on the way down leaves for the way up.
    var kept = [configuration.width]
    var inputs = configuration.width
    var down: [DiffusionLevel] = []
    for (level, width) in widths.enumerated() {
      let isLowest = level == widths.count - 1
      let sizes = (0..<configuration.blocks).map { ($0 == 0 ? inputs : width, width) }
      down.append(
        DiffusionLevel(sizes, configuration, embedded, level, resampling: isLowest ? nil : .down, key: &key))
      kept += [Int](repeating: width, count: configuration.blocks + (isLowest ? 0 : 1))
      inputs = width
    }
    self.down = down
    middle = DiffusionMiddle(inputs, configuration, embedded, key: &key)
    var up: [DiffusionLevel] = []
    for (level, width) in widths.enumerated().reversed() {
      var sizes: [(Int, Int)] = []
      for _ in 0...configuration.blocks {
        sizes.append((inputs + kept.removeLast(), width))
        inputs = width
      }
      up.insert(
        DiffusionLevel(sizes, configuration, embedded, level, resampling: level == 0 ? nil : .up, key: &key), at: 0)
    }
    self.up = up
    norm = GroupNorm(configuration.groups, inputs, epsilon: 1e-6)
    last = Conv2D(inputs, configuration.channels, kernel: 3, padding: 1, key: &key).startingAtZero()
  }

  public func callAsFunction(_ x: Tensor, time steps: Tensor, labels: Tensor?) -> Tensor {
    let division = 1 << (down.count - 1)
    guard x.rank == 4, x.shape[3] == configuration.channels, x.shape[1] % division == 0, x.shape[2] % division == 0
    else {
      return .mistake(
        "DiffusionUNet: input \(x.shape), expected [batch, height, width, \(configuration.channels)] with sides that "
          + "\(division) divides")
    }
    guard steps.shape == [x.shape[0]], (labels == nil) == (classes == 0),
      labels.map({ $0.shape == steps.shape }) ?? true
    else {
      return .mistake(
        "DiffusionUNet: times \(steps.shape) and labels \(labels.map { "\($0.shape)" } ?? "missing") for \(x.shape[0]) images, "
          + "expected one time for each, and \(classes > 0 ? "one of \(classes) classes" : "no labels")")
    }
    let embedded = time(steps, labels: labels).silu()
    var h = first(x)
    var kept = [h]
    for level in down {
      for number in level.block.indices {
        h = level(h, embedded, number)
        kept.append(h)
      }
      if let downsample = level.downsample {
        h = downsample(h)
        kept.append(h)
      }
    }
    h = middle(h, embedded)
    for level in up.reversed() {
      for number in level.block.indices { h = level(concatenate([h, kept.removeLast()], axis: 3), embedded, number) }
      if let upsample = level.upsample { h = upsample(h) }
    }
    return traced(last(norm(h).silu()))
  }
}
