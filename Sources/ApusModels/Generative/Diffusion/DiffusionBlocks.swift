import ApusNN
import ApusTensor

/// A residual block that is told the time: `[batch, height, width, inputs]` and what the time means `[batch, embedded]` to
/// `[batch, height, width, outputs]`. At the beginning it passes its input on.
final class TimedResidualBlock: Module {
  private let norm1: GroupNorm
  private let conv1: Conv2D
  private let time: Linear
  private let norm2: GroupNorm
  private let dropout: Dropout?
  private let conv2: Conv2D
  /// Where the number of channels changes.
  private let shortcut: Conv2D?

  override var stateKeys: [String: StateKey] {
    ["time": .named("temb_proj"), "shortcut": .named("nin_shortcut")]
  }

  init(_ inputs: Int, _ outputs: Int, embedded: Int, groups: Int, dropout: Double, key: inout RandomKey) {
    norm1 = GroupNorm(groups, inputs, epsilon: 1e-6)
    conv1 = Conv2D(inputs, outputs, kernel: 3, padding: 1, key: &key)
    time = Linear(embedded, outputs, key: &key)
    norm2 = GroupNorm(groups, outputs, epsilon: 1e-6)
    self.dropout = dropout > 0 ? Dropout(dropout, key: &key) : nil
    conv2 = Conv2D(outputs, outputs, kernel: 3, padding: 1, key: &key).startingAtZero()
    shortcut = inputs == outputs ? nil : Conv2D(inputs, outputs, kernel: 1, key: &key)
  }

  func callAsFunction(_ x: Tensor, _ embedded: Tensor) -> Tensor {
    let shift = time(embedded)
    var h = conv1(norm1(x).silu()) + shift.reshaped(to: [shift.shape[0], 1, 1, shift.shape[1]])
    h = norm2(h).silu()
    if let dropout { h = dropout(h) }
    return traced((shortcut?(x) ?? x) + conv2(h))
  }
}

/// Attention of all pixels to all pixels, added to them: `[batch, height, width, channels]` to the same shape. At the
/// beginning it passes its input on.
final class PixelAttention: Module {
  private let norm: GroupNorm
  private let query: Conv2D
  private let key: Conv2D
  private let value: Conv2D
  private let output: Conv2D
  private let heads: Int

  override var stateKeys: [String: StateKey] {
    ["query": .named("q"), "key": .named("k"), "value": .named("v"), "output": .named("proj_out")]
  }

  /// - Parameter headDim: Channels of each head; nil for one head.
  init(_ channels: Int, headDim: Int?, groups: Int, key random: inout RandomKey) {
    if let headDim, headDim < 1 || channels % headDim != 0 {
      fatalError("PixelAttention: \(channels) channels do not divide into heads of \(headDim)")
    }
    heads = headDim.map { channels / $0 } ?? 1
    norm = GroupNorm(groups, channels, epsilon: 1e-6)
    query = Conv2D(channels, channels, kernel: 1, key: &random)
    key = Conv2D(channels, channels, kernel: 1, key: &random)
    value = Conv2D(channels, channels, kernel: 1, key: &random)
    output = Conv2D(channels, channels, kernel: 1, key: &random).startingAtZero()
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let (batch, pixels, channels) = (x.shape[0], x.shape[1] * x.shape[2], x.shape[3])
    let h = norm(x)
    let parts = [query, key, value].map { $0(h).reshaped(to: [batch, pixels, heads, channels / heads]) }
    let seen = scaledDotProductAttention(parts[0], parts[1], parts[2])
    return traced(x + output(seen.reshaped(to: x.shape)))
  }
}

extension Conv2D {
  /// With zeros for weights and bias: the last convolution of a branch, which so begins as nothing.
  func startingAtZero() -> Conv2D {
    weight = .zeros(like: weight)
    bias = bias.map { .zeros(like: $0) }
    return self
  }
}
