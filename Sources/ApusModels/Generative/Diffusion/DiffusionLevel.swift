import ApusNN
import ApusTensor

/// Blocks for one size of images, each with attention after it where the level has it, and the way to the next size.
final class DiffusionLevel: Module {
  enum Resampling { case down, up }

  let block: [TimedResidualBlock]
  let attn: [PixelAttention]
  let downsample: HalvedSides?
  let upsample: DoubledSides?

  /// - Parameters:
  ///   - sizes: The channels that each block takes and gives.
  ///   - embedded: How many numbers say what the time is.
  init(
    _ sizes: [(inputs: Int, outputs: Int)], _ configuration: DiffusionUNet.Configuration, _ embedded: Int, _ level: Int,
    resampling: Resampling?, key: inout RandomKey
  ) {
    let groups = configuration.groups
    var (block, attn): ([TimedResidualBlock], [PixelAttention]) = ([], [])
    for (inputs, outputs) in sizes {
      block.append(
        TimedResidualBlock(
          inputs, outputs, embedded: embedded, groups: groups, dropout: configuration.dropout, key: &key))
      guard configuration.attentionLevels.contains(level) else { continue }
      attn.append(PixelAttention(outputs, headDim: configuration.headDim, groups: groups, key: &key))
    }
    (self.block, self.attn) = (block, attn)
    let width = sizes[sizes.count - 1].outputs
    downsample = resampling == .down ? HalvedSides(width, key: &key) : nil
    upsample = resampling == .up ? DoubledSides(width, key: &key) : nil
  }

  func callAsFunction(_ x: Tensor, _ embedded: Tensor, _ number: Int) -> Tensor {
    let h = block[number](x, embedded)
    return attn.isEmpty ? h : attn[number](h)
  }
}

/// Two blocks with attention between them, for the smallest size of images.
final class DiffusionMiddle: Module {
  private let block1: TimedResidualBlock
  private let attention: PixelAttention
  private let block2: TimedResidualBlock

  override var stateKeys: [String: StateKey] {
    ["block1": .named("block_1"), "attention": .named("attn_1"), "block2": .named("block_2")]
  }

  init(_ width: Int, _ configuration: DiffusionUNet.Configuration, _ embedded: Int, key: inout RandomKey) {
    let (groups, dropout) = (configuration.groups, configuration.dropout)
    block1 = TimedResidualBlock(width, width, embedded: embedded, groups: groups, dropout: dropout, key: &key)
    attention = PixelAttention(width, headDim: configuration.headDim, groups: groups, key: &key)
    block2 = TimedResidualBlock(width, width, embedded: embedded, groups: groups, dropout: dropout, key: &key)
  }

  func callAsFunction(_ x: Tensor, _ embedded: Tensor) -> Tensor { block2(attention(block1(x, embedded)), embedded) }
}

/// Every other pixel of a convolution.
final class HalvedSides: Module {
  private let conv: Conv2D

  init(_ width: Int, key: inout RandomKey) {
    conv = Conv2D(width, width, kernel: 3, stride: 2, padding: 1, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { conv(x) }
}

/// Each pixel four times, then a convolution.
final class DoubledSides: Module {
  private let conv: Conv2D

  init(_ width: Int, key: inout RandomKey) { conv = Conv2D(width, width, kernel: 3, padding: 1, key: &key) }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let wide = x.reshaped(to: [batch, height, 1, width, 1, channels])
      .broadcast(to: [batch, height, 2, width, 2, channels])
    return conv(wide.reshaped(to: [batch, 2 * height, 2 * width, channels]))
  }
}
