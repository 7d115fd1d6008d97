import Apus
import Testing

/// Attention, positional encodings and transformers against PyTorch: outputs and the gradients of everything.
@Suite struct AttentionTests {
  @Test(arguments: RecurrentTests.cases("MultiHeadAttention"))
  func multiHeadAttentionIsAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let model = MultiHeadAttention(
      fixture.int("features"), heads: fixture.int("heads"), keyHeads: fixture.attributes["keyHeads"]?.int,
      keyFeatures: fixture.attributes["keyFeatures"]?.int, valueFeatures: fixture.attributes["valueFeatures"]?.int,
      bias: fixture.bool("bias", true), key: &key)
    let isMasked = fixture.string("mask") != nil
    try fixture.check(model) { inputs in
      var operands = inputs
      let mask = isMasked ? operands.removeLast() : nil
      let (key, value) = (operands.count > 1 ? operands[1] : nil, operands.count > 2 ? operands[2] : nil)
      let padding = fixture.padding((key ?? operands[0]).shape[1])
      guard let weights = fixture.string("weights") else {
        let output = model(
          operands[0], key, value, keyPaddingMask: padding, attentionMask: mask, isCausal: fixture.bool("causal"))
        return [output]
      }
      let result = model.withWeights(
        operands[0], key, value, keyPaddingMask: padding, attentionMask: mask, isCausal: fixture.bool("causal"),
        averagesHeads: weights == "mean")
      return [result.output, result.weights]
    }
  }

  @Test(arguments: RecurrentTests.cases("SequenceAttention"))
  func bahdanauAndLuongAreTheirPapers(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let (queries, keys) = (fixture.int("features"), fixture.int("keyFeatures"))
    guard fixture.string("form") != "bahdanau" else {
      let model = BahdanauAttention(
        queryFeatures: queries, keyFeatures: keys, hidden: fixture.int("hidden"), key: &key)
      return try fixture.check(model) { x in
        let result = model(x[0], x[1], x[2], keyPaddingMask: fixture.padding(3))
        return [result.output, result.weights]
      }
    }
    let forms: [String: LuongAttention.Score] = [
      "dot": .dot, "general": .general, "concatenation": .concatenation(hidden: fixture.int("hidden")),
    ]
    let form = try #require(forms[fixture.string("form")!])
    let model = LuongAttention(form, queryFeatures: queries, keyFeatures: keys, key: &key)
    try fixture.check(model) { x in
      let result = model(x[0], x[1], x[2], keyPaddingMask: fixture.padding(3))
      return [result.output, result.weights]
    }
  }

  /// With the tiled block, with all weights, and with the mask made by hand: one result.
  @Test func theWaysToAttendAgree() {
    var key = RandomKey(3)
    let model = MultiHeadAttention(8, heads: 4, keyHeads: 2, key: &key)
    let x = Tensor.normal([2, 70, 8], key: &key)
    let tiled = model(x, nil, isCausal: true)
    let whole = model.withWeights(x, isCausal: true)
    let hidden = !Tensor.lowerTriangularMask(70)
    let masked = model(x, nil, attentionMask: hidden)
    let added = model(x, nil, attentionMask: hidden.cast(to: .float32) * -1e9)
    for other in [whole.output, masked, added] { #expect((tiled - other).abs().max().item() < 1e-5) }
    #expect((whole.weights.sum(axis: -1) - 1).abs().max().item() < 1e-6)
    #expect((whole.weights * hidden.cast(to: .float32)).abs().max().item() == 0)
  }

  /// A query that may see no key gives the output's bias, and no gradient is NaN.
  @Test func aQueryThatSeesNothingGivesZeros() {
    var key = RandomKey(3)
    let model = MultiHeadAttention(4, heads: 2, key: &key)
    let x = Tensor.normal([1, 3, 4], key: &key)
    let padding = Tensor([true, true, true], shape: [1, 3])
    #expect(model(x, nil, keyPaddingMask: padding).abs().max().item() == 0)
    let gradient = grad { model.withWeights($0, keyPaddingMask: padding).output.sum() }(x)
    #expect(gradient.abs().max().item() == 0)
  }

  /// Attention weights are dropped in training, and what is left is scaled.
  @Test func dropoutTakesWeights() {
    var key = RandomKey(3)
    let model = MultiHeadAttention(4, heads: 2, dropout: 0.5, key: &key)
    let x = Tensor.normal([4, 40, 4], key: &key)
    let plain = model.withWeights(x, averagesHeads: false).weights
    let dropped = Phase.with(.training) { model.withWeights(x, averagesHeads: false).weights }
    let share = (dropped .== 0).cast(to: .float32).mean().item()
    #expect(abs(share - 0.5) < 0.02)
    #expect(((dropped - plain * 2) * (dropped .!= 0).cast(to: .float32)).abs().max().item() < 1e-6)
    #expect(!model.entries.isEmpty && model(x).shape == x.shape)
  }

  @Test func mistakesSayHowToFixThem() async throws {
    var key = RandomKey(0)
    let model = MultiHeadAttention(4, heads: 2, key: &key)
    let x = Tensor.zeros([2, 3, 4])
    func message(_ body: () -> Tensor) throws -> String {
      let error = #expect(throws: OpError.self) { try checked(body) }
      return try #require(error).description
    }
    #expect(
      try message { model(x, nil, attentionMask: .zeros([3, 4])) }
        == "MultiHeadAttention: attentionMask [3, 4], expected [queryTime, keyTime] = [3, 3], [batch · heads, queryTime, "
        + "keyTime] = [4, 3, 3] or [batch, heads, queryTime, keyTime] = [2, 2, 3, 3]")
    #expect(
      try message { model(x, nil, keyPaddingMask: .zeros([3, 3], dtype: .bool)) }
        == "MultiHeadAttention: keyPaddingMask [3, 3], expected [batch, keyTime] = [2, 3]")
    #expect(
      try message { model(x, nil, attentionMask: .zeros([3, 3], dtype: .int32)) }
        == "MultiHeadAttention: a mask of int32, expected bool (true where a key is not seen) or floating point")
    #expect(
      try message { model(x, .zeros([2, 5, 3])) } == "MultiHeadAttention: key [2, 5, 3], expected [2, keyTime, 4]")
    let learned = LearnedPositionalEncoding(2, 4, key: &key)
    #expect(
      try message { learned(x) }
        == "LearnedPositionalEncoding: places 0..<3 and a table of 2. Make the table longer "
        + "(LearnedPositionalEncoding(3, 4)) or cut the sequence")
    #expect(
      try message { RotaryPositionalEncoding(4)(x) }
        == "RotaryPositionalEncoding: input [2, 3, 4], expected [batch, time, heads, 4]")
  }

  @Test func headsThatDoNotDivideAreExplained() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var key = RandomKey(0)
      _ = TransformerEncoderLayer(10, heads: 4, key: &key)
    }
    let message = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(
      message.contains("10 features do not divide into 4 heads. Take a number of heads that divides the features"))
    #expect(message.contains("such as 5"))
  }
}

@Suite struct PositionalEncodingTests {
  @Test(arguments: RecurrentTests.cases("Sinusoidal", "Learned", "Rotary"))
  func encodingsAreTheirFormulas(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let offset = fixture.int("offset")
    switch fixture.layer {
    case "Sinusoidal":
      let model = SinusoidalPositionalEncoding(fixture.int("features"), base: fixture.double("base"))
      try fixture.check(model) { [model($0[0], offset: offset)] }
    case "Learned":
      let model = LearnedPositionalEncoding(fixture.int("length"), fixture.int("features"), key: &key)
      try fixture.check(model) { [model($0[0], offset: offset)] }
    default:
      let model = RotaryPositionalEncoding(
        fixture.int("headDim"), base: fixture.double("base"), rotated: fixture.int("rotated"),
        isInterleaved: fixture.bool("interleaved"))
      try fixture.check(model) { [model($0[0], offset: offset)] }
      try fixture.check(model) { [model($0[0], offset: Tensor(offset, dtype: .int32))] }
    }
  }

  /// Products of turned queries and keys depend on the distance between their places alone.
  @Test func rotaryProductsKnowTheDistanceAlone() {
    var key = RandomKey(2)
    let (q, k) = (Tensor.normal([1, 1, 1, 8], key: &key), Tensor.normal([1, 1, 1, 8], key: &key))
    for isInterleaved in [true, false] {
      let rotary = RotaryPositionalEncoding(8, isInterleaved: isInterleaved)
      func product(_ i: Int, _ j: Int) -> Double { (rotary(q, offset: i) * rotary(k, offset: j)).sum().item() }
      #expect(abs(product(3, 1) - product(102, 100)) < 1e-5)
      #expect(abs(product(3, 1) - product(3, 2)) > 1e-3)
    }
    var other = RandomKey(2)
    let model = MultiHeadAttention(8, heads: 2, rotary: RotaryPositionalEncoding(4), key: &other)
    let x = Tensor.normal([1, 1, 8], key: &other).broadcast(to: [1, 4, 8])
    // Of equal inputs the places alone make a difference.
    let weights = model.withWeights(x).weights
    #expect((weights - 0.25).abs().max().item() > 1e-3)
  }

  /// The slopes of the paper's figure 3 and of its code for a number of heads that is no power of two.
  @Test func alibiHasThePapersSlopes() {
    #expect(ALiBi.slopes(heads: 8).scalars() == (1...8).map { Float(1) / Float(1 << $0) })
    let twelve = ALiBi.slopes(heads: 12).scalars()
    #expect(Array(twelve.prefix(8)) == ALiBi.slopes(heads: 8).scalars())
    for (slope, exponent) in zip(twelve.suffix(4), [0.5, 1.5, 2.5, 3.5]) {
      #expect(abs(Double(slope) / Tensor(2, dtype: .float64).power(-exponent).item() - 1) < 1e-6)
    }
    let bias = ALiBi.bias(heads: 2, queryTime: 2, keyTime: 4, offset: 2)
    #expect(bias.shape == [1, 2, 2, 4])
    #expect(bias[0, 0].scalars() == [-2, -1, 0, -1, -3, -2, -1, 0].map { $0 / 16 })
    #expect(bias[0, 1].scalars() == [-2, -1, 0, -1, -3, -2, -1, 0].map { $0 / 256 })
    var key = RandomKey(0)
    let model = MultiHeadAttention(4, heads: 2, key: &key)
    let x = Tensor.normal([1, 4, 4], key: &key)
    let far = model.withWeights(x, attentionMask: ALiBi.bias(heads: 2, queryTime: 4, keyTime: 4), isCausal: true)
    #expect((far.output - model(x)).abs().max().item() > 1e-3)
  }
}

/// Words `[batch, time]` to logits `[batch, time, words]`.
private final class Reverser: Module {
  let embedding: Embedding
  let positions: LearnedPositionalEncoding
  let encoder: TransformerEncoder
  let head: Linear

  init(words: Int, time: Int, key: inout RandomKey) {
    embedding = Embedding(words, 16, key: &key)
    positions = LearnedPositionalEncoding(time, 16, initializer: .normal(standardDeviation: 1), key: &key)
    let layers = [TransformerEncoderLayer(16, heads: 2, hidden: 32, dropout: 0.05, normFirst: true, key: &key)]
    encoder = TransformerEncoder(layers, norm: LayerNorm(16))
    head = Linear(16, words, key: &key)
  }

  func callAsFunction(_ tokens: Tensor) -> Tensor { head(encoder(positions(embedding(tokens)))) }
}

@Suite struct TransformerTests {
  @Test(arguments: RecurrentTests.cases("TransformerEncoderLayer", "TransformerEncoder"))
  func encodersAreAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let count = fixture.int("layers", 1)
    let layers = (0..<count).map { _ in Self.encoderLayer(fixture, &key) }
    let padding = fixture.padding(3)
    guard fixture.layer == "TransformerEncoder" else {
      let model = layers[0]
      return try fixture.check(model) {
        [model($0[0], mask: nil, keyPaddingMask: padding, isCausal: fixture.bool("causal"))]
      }
    }
    let model = TransformerEncoder(layers, norm: Self.norm(fixture))
    try fixture.check(model) {
      [model($0[0], mask: nil, keyPaddingMask: padding, isCausal: fixture.bool("causal"))]
    }
  }

  @Test(arguments: RecurrentTests.cases("TransformerDecoderLayer", "TransformerDecoder"))
  func decodersAreAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let count = fixture.int("layers", 1)
    let layers = (0..<count).map { _ in Self.decoderLayer(fixture, &key) }
    let masks = Self.masks(fixture)
    guard fixture.layer == "TransformerDecoder" else {
      let model = layers[0]
      return try fixture.check(model) { [model($0[0], $0[1], masks: masks)] }
    }
    let model = TransformerDecoder(layers, norm: Self.norm(fixture))
    try fixture.check(model) { [model($0[0], $0[1], masks: masks)] }
  }

  @Test(arguments: RecurrentTests.cases("Transformer"))
  func transformerIsAsPyTorch(_ fixture: LayerFixture) throws {
    var key = RandomKey(1)
    let model = Transformer(
      fixture.int("features"), heads: fixture.int("heads"), encoderLayers: 1,
      decoderLayers: fixture.int("decoderLayers"), hidden: fixture.int("hidden"), dropout: 0,
      activation: Self.activation(fixture), layerNormEpsilon: fixture.double("epsilon"),
      normFirst: fixture.bool("normFirst"), bias: fixture.bool("bias"), key: &key)
    let causal = fixture.bool("causal") ? !Tensor.lowerTriangularMask(3) : nil
    let masks = Self.masks(fixture)
    try fixture.check(model) {
      [model($0[0], $0[1], sourceMask: causal, sourceKeyPadding: fixture.padding(3), masks: masks)]
    }
  }

  /// The sizes of the paper's base model, and of PyTorch's `nn.Transformer()`.
  @Test func theBaseModelHasItsParameterCount() {
    var key = RandomKey(1)
    #expect(Transformer(key: &key).parameterCount == 44_140_544)
  }

  /// Each place says what stood at the mirrored place: only attention can bring it there. Compiled, with dropout.
  @Test func compiledTrainingLearnsToReverse() {
    var key = RandomKey(11)
    let (time, words) = (6, 5)
    let model = Reverser(words: words, time: time, key: &key)
    let optimizer = Adam(model, learningRate: 3e-3)
    let step = compile(updating: model, optimizer) { (tokens: Tensor, targets: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(tokens), targets) }
      optimizer.update(gradients)
      return loss
    }
    for _ in 0..<400 {
      let tokens = Tensor.randomIntegers([32, time], in: 0..<words, key: &key)
      _ = Phase.with(.training) { step(tokens, tokens.reversed([1])) }
    }
    let tokens = Tensor.randomIntegers([64, time], in: 0..<words, key: &key)
    let right = model(tokens).argMax() .== tokens.reversed([1])
    let accuracy = right.cast(to: .float32).mean().item()
    #expect(accuracy > 0.98, "\(accuracy)")
  }

  private static func activation(_ fixture: LayerFixture) -> TransformerActivation {
    fixture.string("activation") == "gelu" ? .gelu : .relu
  }

  private static func encoderLayer(_ fixture: LayerFixture, _ key: inout RandomKey) -> TransformerEncoderLayer {
    TransformerEncoderLayer(
      fixture.int("features"), heads: fixture.int("heads"), hidden: fixture.int("hidden"), dropout: 0,
      activation: activation(fixture), layerNormEpsilon: fixture.double("epsilon"),
      normFirst: fixture.bool("normFirst"), bias: fixture.bool("bias"), key: &key)
  }

  private static func decoderLayer(_ fixture: LayerFixture, _ key: inout RandomKey) -> TransformerDecoderLayer {
    TransformerDecoderLayer(
      fixture.int("features"), heads: fixture.int("heads"), hidden: fixture.int("hidden"), dropout: 0,
      activation: activation(fixture), layerNormEpsilon: fixture.double("epsilon"),
      normFirst: fixture.bool("normFirst"), bias: fixture.bool("bias"), key: &key)
  }

  private static func norm(_ fixture: LayerFixture) -> LayerNorm? {
    fixture.bool("norm") ? LayerNorm(fixture.int("features"), bias: fixture.bool("bias")) : nil
  }

  private static func masks(_ fixture: LayerFixture) -> DecoderMasks {
    DecoderMasks(memoryKeyPadding: fixture.padding(3), isCausal: fixture.bool("causal"))
  }
}
