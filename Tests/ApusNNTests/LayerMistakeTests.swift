import Apus
import Testing

/// What layers say of configurations and inputs that they cannot take.
@Suite struct LayerMistakeTests {
  private func error(_ body: () -> Tensor) -> String? {
    #expect(throws: OpError.self) { try checked(body) }?.description
  }

  private let image = Tensor.ones([1, 4, 4, 4])

  @Test func convolutionsSayWhatFits() {
    var key = RandomKey(0)
    let groups =
      "6 inputs and 4 outputs do not divide into 4 groups. Both must be multiples of `groups`"
    #expect(error { Conv2D(6, 4, kernel: 3, groups: 4, key: &key).weight } == "Conv2D: " + groups)
    #expect(error { ConvTranspose3D(6, 4, kernel: 3, groups: 4, key: &key).weight } == "ConvTranspose3D: " + groups)
    #expect(
      error { Conv1D(6, 4, kernel: 0, key: &key).weight }
        == "Conv1D: kernel [0], stride [1] and dilation [1] must be at least 1 on every axis")
    #expect(
      error { Conv2D(3, 4, kernel: 3, key: &key)(image) }
        == "Conv2D: input [1, 4, 4, 4], expected [batch, height, width, 3]")
    #expect(
      error { Conv1D(4, 4, kernel: 3, key: &key)(image) } == "Conv1D: input [1, 4, 4, 4], expected [batch, time, 4]")
    #expect(
      error { Conv2D(4, 4, kernel: 5, key: &key)(image) }
        == "convolution: a kernel reaching over 5 does not fit in 4 (input [1, 4, 4, 4], padding included). Pad more or "
        + "use a smaller kernel")
    #expect(
      error { Conv2D(4, 4, kernel: 5, padding: 4, paddingMode: .reflect, key: &key)(image) }
        == "padded: 4 and 4 by reflect on axis 1 of [1, 4, 4, 4], expected 0 to 3")
    #expect(
      error { Conv3D(4, 4, kernel: 2, padding: .axes([1, 1]), key: &key)(.ones([1, 3, 3, 3, 4])) }
        == "Conv3D: padding axes([1, 1]) for 3 spatial axes. Use `.axes` with 3 numbers")
    #expect(
      error { ConvTranspose2D(4, 4, kernel: 3, stride: 2, outputPadding: 2, key: &key)(image) }
        == "transposedConvolution: outputPadding [2, 2] with stride [2, 2] and dilation [1, 1], expected 0 or more and "
        + "less than one of them")
  }

  @Test func otherLayersSayWhatFits() {
    #expect(
      error { ReflectionPad1D(2)(image) }
        == "ReflectionPad1D: input [1, 4, 4, 4], expected 3 axes, [batch, spatial…, channels]")
    #expect(
      error { CircularPad2D(5)(image) } == "padded: 5 and 5 by circular on axis 1 of [1, 4, 4, 4], expected 0 to 4")
    #expect(
      error { PixelShuffle(3)(image) }
        == "pixelShuffle: input [1, 4, 4, 4] by 3, expected [batch, height, width, channels · 9]")
    #expect(error { PixelUnshuffle(3)(image) }?.hasSuffix("with a height and a width that 3 divides") ?? false)
    #expect(
      error { ChannelShuffle(3)(image) }
        == "channelShuffle: input [1, 4, 4, 4] in 3 groups, expected […, channels] that 3 divides")
    #expect(
      error { Unfold(5)(image) }
        == "unfold: a window reaching over [5, 5] does not fit in [1, 4, 4, 4], padding [0, 0] included. Pad more or use a "
        + "smaller one")
    #expect(
      error { Fold(4, 2)(.ones([1, 8, 12])) }
        == "fold: input [1, 8, 12] to [4, 4], which has 3 × 3 = 9 patches of [2, 2], not 8")
    #expect(
      error { Fold(4, 2)(.ones([1, 9, 10])) }
        == "fold: input [1, 9, 10] for a window [2, 2], expected [batch, patches, channels · 4]")
    #expect(
      error { Upsample(sizes: [8])(image) }
        == "resized: [1, 4, 4, 4] to [8], expected [batch, spatial…, channels] and a size of each spatial axis")
    #expect(
      error { Upsample(scale: [2], alignCorners: true)(image) }
        == "resized: alignCorners means nothing to nearest interpolation. Leave it out, or use .linear")
    #expect(error { Upsample(scale: [0.1], interpolation: .linear)(image) }?.contains("sizes of at least 1") ?? false)
    #expect(
      error { Flatten(startAxis: 2, endAxis: 1)(image) } == "Flatten: axes 2 to 1 of [1, 4, 4, 4], which has 4 axes")
    #expect(
      error { Unflatten(axis: 1, [3, -1])(image) }
        == "Unflatten: sizes [3, -1] for axis 1 of [1, 4, 4, 4], expected a product of 4")
  }

  @Test func tablesSayWhatFits() {
    var key = RandomKey(0)
    #expect(
      error { Embedding(4, 2, paddingIndex: 4, key: &key).weight } == "Embedding: paddingIndex 4, expected -4..<4")
    #expect(
      error { EmbeddingBag(0, 2, key: &key).weight }
        == "EmbeddingBag: a table of 0 rows of 2 features, expected at least one row")
    let bag = EmbeddingBag(4, 2, key: &key)
    #expect(
      error { bag(Tensor([1, 2])) } == "EmbeddingBag: indices [2], expected [bags, entries]; or give `offsets`")
    #expect(
      error { bag(Tensor([1, 2], shape: [1, 2]), weights: .ones([1, 2])) }
        == "EmbeddingBag: weights of entries in a mean. Make the layer with `reduction: .sum`")
    let bilinear = Bilinear(3, 2, 1, key: &key)
    #expect(
      error { bilinear(.ones([5, 3]), .ones([4, 2])) }
        == "Bilinear: inputs [5, 3] and [4, 2], expected […, 3] and […, 2]")
  }

  private static let x = Tensor.ones([1, 4, 4])

  /// Options that no layer can be made with: each message names what would do, and inside `checked` it is thrown.
  @Test(arguments: [
    ToldMistake(
      "GroupNorm: 6 channels do not divide into 4 groups. Take a number of groups that divides the channels, such as 3",
      { GroupNorm(4, 6)(.ones([1, 2, 6])) }),
    ToldMistake("GroupNorm: input [1, 4, 4], expected [batch, …, 6]", { GroupNorm(3, 6)(x) }),
    ToldMistake("LocalResponseNorm: size 0, expected 1 or more", { LocalResponseNorm(0)(x) }),
    ToldMistake("Dropout: probability 1.5, expected 0...1", { with { Dropout(1.5, key: &$0)(x) } }),
    ToldMistake(
      "GaussianDropout: probability 1.0, expected 0..<1", { with { GaussianDropout(1, key: &$0)(x) } }),
    ToldMistake(
      "GaussianNoise: standard deviation -1.0, expected 0 or more", { with { GaussianNoise(-1, key: &$0)(x) } }),
    ToldMistake("Parallel: no layers, expected at least one", { Parallel {}(x) }),
    ToldMistake("Repeat: -1 times, expected no fewer than 0", { Repeat(-1) { _ in ReLU() }(x) }),
    ToldMistake("LSTM: 0 layers, expected at least 1", { with { LSTM(4, 3, layers: 0, key: &$0)(x) } }),
    ToldMistake(
      "LSTM: projection 3, expected 1 to 2, fewer than the hidden state has",
      { with { LSTM(4, 3, projection: 3, key: &$0)(x) } }),
    ToldMistake(
      "MultiHeadAttention: 4 features do not divide into 3 heads. Take a number of heads that divides the features, "
        + "such as 2", { with { MultiHeadAttention(4, heads: 3, key: &$0)(x) } }),
    ToldMistake(
      "MultiHeadAttention: 4 heads do not divide among 3 heads of keys (keyHeads). Take a number that divides the heads, "
        + "such as 2", { with { MultiHeadAttention(4, heads: 4, keyHeads: 3, key: &$0)(x) } }),
    ToldMistake(
      "RotaryPositionalEncoding: 5 features to turn of 8, expected an even number up to 8. Give one as `rotated`",
      { RotaryPositionalEncoding(8, rotated: 5)(.ones([1, 2, 1, 8])) }),
    ToldMistake(
      "LearnedPositionalEncoding: places 0..<4 and a table of 3. Make the table longer "
        + "(LearnedPositionalEncoding(4, 4)) or cut the sequence",
      { with { LearnedPositionalEncoding(3, 4, key: &$0)(x) } }),
    ToldMistake(
      "LuongAttention: queries of 4 features and keys of 3 have no dot product. Take .general, which brings keys to the "
        + "queries' size",
      { with { LuongAttention(.dot, queryFeatures: 4, keyFeatures: 3, key: &$0)(x, .ones([1, 2, 3])).output } }),
    ToldMistake("Maxout: 0 pieces, expected 1 or more", { with { Maxout(4, 2, pieces: 0, key: &$0)(x) } }),
    ToldMistake(
      "RReLU: slopes from 0.5 to 0.1, expected the lower one first",
      { with { RReLU(lower: 0.5, upper: 0.1, key: &$0)(x) } }),
    ToldMistake(
      "AdaptiveLogSoftmax: cutoffs [5, 3] of 9 classes and divisor 4, expected rising numbers between, and 1 or more",
      { with { AdaptiveLogSoftmax(4, 9, cutoffs: [5, 3], key: &$0)(x) } }),
    ToldMistake(
      "AdaptiveLogSoftmax: 4 inputs are too few for 2 clusters with the divisor 4. Take a smaller divisor",
      { with { AdaptiveLogSoftmax(4, 9, cutoffs: [2, 5], key: &$0)(x) } }),
    ToldMistake(
      "SpectralNorm: 0 iterations, expected 1 or more",
      { with { SpectralNorm(Linear(4, 2, key: &$0), iterations: 0, key: &$0)(x) } }),
    ToldMistake("BatchNorm: input [1, 4, 4], expected [batch, …, 3]", { BatchNorm(3)(x) }),
    ToldMistake(
      "InstanceNorm: input [4, 4], expected [batch, …, 4] with positions in between", { InstanceNorm(4)(x[0]) }),
  ])
  func optionsThatCannotBeAreTold(_ mistake: ToldMistake) { mistake.check() }

  private static func with(_ body: (inout RandomKey) -> Tensor) -> Tensor {
    var key = RandomKey(0)
    return body(&key)
  }

  /// Layers that are others with some options set.
  @Test func depthwiseAndSeparableConvolutionsAreConvolutions() {
    var key = RandomKey(0)
    let depthwise = Conv2D.depthwise(4, multiplier: 2, kernel: 3, padding: .same, key: &key)
    #expect(depthwise.weight.shape == [3, 3, 1, 8] && depthwise.groups == 4)
    #expect(depthwise(image).shape == [1, 4, 4, 8])
    let separable = SeparableConv2D(4, 6, multiplier: 2, kernel: 3, stride: 2, key: &key)
    #expect(
      separable.parameters.map(\.path) == ["depthwise.weight", "depthwise.bias", "pointwise.weight", "pointwise.bias"])
    #expect(separable.parameterCount == 9 * 8 + 8 + 8 * 6 + 6)
    let by =
      separable.depthwise(image).matmul(separable.pointwise.weight.reshaped(to: [8, 6])) + separable.pointwise.bias!
    #expect((separable(image) - by).abs().max().item() < 1e-6)
  }

  /// Rows that are too long are scaled down in the table where PyTorch does it: before the gradient step.
  @Test func renormalizingChangesTheRowsLookedUp() {
    var key = RandomKey(0)
    let table = Embedding(3, 2, maxNorm: 1, key: &key)
    table.weight = Tensor([3, 4, 0.3, 0.4, 6, 8] as [Float], shape: [3, 2])
    #expect((table(Tensor([0])) - Tensor([0.6, 0.8] as [Float])).abs().max().item() < 1e-6)
    #expect(table.weight[0, 0].item() == 3)
    table.renormalize(Tensor([0, 1, 0]))
    let expected = Tensor([0.6, 0.8, 0.3, 0.4, 6, 8] as [Float], shape: [3, 2])
    #expect((table.weight - expected).abs().max().item() < 1e-6)
  }
}
