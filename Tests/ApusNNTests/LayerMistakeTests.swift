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
