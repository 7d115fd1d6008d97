import ApusCPU
import ApusCore
import ApusGradients
import ApusRuntime
import ApusTensor
import Testing

/// Named composites: against PyTorch's numbers, vectorised against one after the other, forward against reverse mode.
@Suite struct BlockTests {
  /// Where the tests compute.
  private static let device = cpu

  @Test func fixturesAreThere() { #expect(Fixture.load("blocks").count >= 120) }

  @Test(arguments: Fixture.load("blocks"))
  func isAsPyTorch(_ fixture: Fixture) throws {
    let body = try #require(BlockCalls.body(fixture) ?? FixtureCalls.body(fixture), "no call for \(fixture)")
    for dtype in [DType.float32, .float64] {
      let inputs = fixture.inputs.map { input in
        // The file's decimals stand for numbers in single precision.
        Tensor(
          exactly: input.values.map { Double(Float($0)) },
          TensorType(input.type.shape, input.type.dtype.isFloat ? dtype : input.type.dtype))
      }
      let places = inputs.indices.filter { $0 < fixture.gradients.count && fixture.gradients[$0] != nil }
      try Device.with(BlockTests.device) {
        let value = body(inputs)
        expect(value, fixture.output, fixture, "output")
        guard value.shape == fixture.output.type.shape else { return }
        let cotangent = try #require(fixture.cotangent)
        let gradients = vjp(
          at: places.map { inputs[$0] },
          cotangent: Tensor(exactly: cotangent.values.map { Double(Float($0)) }, value.node.type)
        ) { body(inputs.replacing(places, by: $0)) }.gradients
        for (place, gradient) in zip(places, gradients) {
          expect(gradient, fixture.gradients[place]!, fixture, "gradient of input \(place)")
        }
      }
    }
  }

  private func expect(_ value: Tensor, _ expected: Fixture.Array, _ fixture: Fixture, _ what: String) {
    #expect(value.shape == expected.type.shape, "\(fixture), \(what)")
    guard value.shape == expected.type.shape else { return }
    // The file's numbers have the digits of single precision.
    let tolerance = value.dtype == .float64 ? 2e-7 : 2e-5
    let message = difference(
      value.doubles(), from: expected.values, value.node.type,
      Tolerance(absolute: tolerance, relative: tolerance))
    if let message { Issue.record("\(fixture) \(fixture.attributes), \(value.dtype) \(what): \(message)") }
  }

  /// `vmap` of each case, over all inputs and over the first alone, against a loop; value and gradient.
  @Test(arguments: namedBlockCases, [false, true])
  func vectorizesAsALoop(_ testCase: Case, sharesOthers: Bool) {
    let inputs = testCase.tensors(.float64)
    Device.with(BlockTests.device) {
      func member(_ number: Int) -> [Tensor] {
        inputs.enumerated().map { place, input in
          guard input.dtype.isFloat, number > 0, place == 0 || !sharesOthers else { return input }
          return input * (1 - 0.125 * Double(number))
        }
      }
      let members = (0..<3).map(member)
      let axes = inputs.indices.map { $0 == 0 || !sharesOthers ? 0 : nil }
      let wide = inputs.indices.map { place in axes[place] == nil ? inputs[place] : stack(members.map { $0[place] }) }
      let tolerance = Tolerance(.float64, scale: 64 * testCase.tolerance)
      let expected = stack(members.map(testCase.body))
      let values = vmap(inAxes: axes) { [testCase.body($0)] }(wide)[0]
      testCase.failure(
        .float64, "vectorised", difference(values.doubles(), from: expected.doubles(), expected.node.type, tolerance))

      guard testCase.isDifferentiable, inputs[0].dtype.isFloat else { return }
      let slope: ([Tensor]) -> Tensor = { x in
        valueAndGradient(at: [x[0]]) { testCase.body(x.replacing([0], by: $0)).squared().sum() }.gradients[0]
      }
      let slopes = stack(members.map(slope))
      let wideSlopes = vmap(inAxes: axes) { [slope($0)] }(wide)[0]
      testCase.failure(
        .float64, "gradient, vectorised",
        difference(wideSlopes.doubles(), from: slopes.doubles(), slopes.node.type, tolerance))
    }
  }

  /// ⟨cotangent, J tangent⟩ is ⟨Jᵀ cotangent, tangent⟩.
  @Test(arguments: namedBlockCases.filter(\.isDifferentiable))
  func forwardModeFitsReverseMode(_ testCase: Case) {
    let inputs = testCase.tensors(.float64)
    let places = testCase.variables(.float64)
    Device.with(BlockTests.device) {
      var noise = Noise(testCase.name + " tangent")
      let tangents = places.map { place in
        Tensor(exactly: (0..<inputs[place].count).map { _ in noise.uniform(-1...1) }, inputs[place].node.type)
      }
      let tangent = jvp(at: places.map { inputs[$0] }, tangents: tangents) {
        [testCase.body(inputs.replacing(places, by: $0))]
      }.tangents[0]
      let cotangent = Tensor(exactly: testCase.cotangent(tangent.node.type), tangent.node.type)
      let gradients = testCase.gradients(inputs, cotangent: cotangent, .float64)
      let forward = (tangent * cotangent).sum().doubles()[0]
      let reverse = zip(gradients, tangents).reduce(0) { $0 + ($1.0 * $1.1).sum().doubles()[0] }
      #expect(abs(forward - reverse) < 1e-10 * max(1, abs(forward)), "\(testCase.name): \(forward), \(reverse)")
    }
  }

  /// A label that is no class must not look like a loss of 0.
  @Test func wrongLabelsGiveNaN() {
    Device.with(BlockTests.device) {
      let logits = Tensor(exactly: (0..<12).map(Double.init), TensorType([4, 3], .float32))
      for dtype in [DType.int32, .int64, .int8, .int16] {
        let labels = Tensor(exactly: [0, 3, -100, -1], TensorType([4], dtype))
        let losses = crossEntropy(logits, labels, reduction: .none).doubles()
        #expect(losses.map(\.isNaN) == [false, true, false, true])
        #expect(losses[2] == 0)
        #expect(crossEntropy(logits, labels).item().isNaN)
        #expect(crossEntropy(logits, labels, labelSmoothing: 0.1, reduction: .sum).item().isNaN)
      }
      let far = Tensor(exactly: [0x1_0000_0000, 1, 1, 1], TensorType([4], .int64))
      #expect(crossEntropy(logits, far, reduction: .none).doubles().map(\.isNaN) == [true, false, false, false])
    }
  }

  /// The gradient of a row that is padding, or of an index outside, goes where it should.
  @Test func embeddingGradient() {
    Device.with(BlockTests.device) {
      let table = Tensor.zeros([4, 1])
      func slope(_ indices: [Int32], padding: Int?) -> [Double] {
        grad { embedding(Tensor(indices), table: $0, paddingIndex: padding).sum() }(table).doubles()
      }
      #expect(slope([1, 1, 3, 9, -5], padding: nil) == [1, 2, 0, 2])
      #expect(slope([1, 1, 3, 9, -5], padding: 1) == [1, 0, 0, 2])
      #expect(slope([1, 1, 3, 9, -5], padding: -1) == [1, 2, 0, 0])
    }
  }

  /// Rows without a number, as PyTorch has them.
  @Test func infiniteRows() {
    Device.with(BlockTests.device) {
      let inf = Double.infinity
      let x = Tensor(exactly: [-inf, -inf, 1, inf, -inf, 2], TensorType([3, 2], .float32))
      #expect(x.softmax().doubles().map(\.isNaN) == [true, true, true, true, false, false])
      #expect(Array(x.softmax().doubles()[4...]) == [0, 1])
      #expect(x.logSoftmax().doubles().map(\.isNaN) == [true, true, true, true, false, false])
      #expect(Array(x.logSoftmax().doubles()[4...]) == [-inf, 0])
      #expect(x.logSumExp(axes: [1]).doubles() == [-inf, inf, 2])
      let slopes = grad { $0.logSumExp(axes: [1]).sum() }(x).doubles()
      #expect(slopes.map(\.isNaN) == [true, true, false, true, false, false])
      #expect([slopes[2], slopes[4], slopes[5]] == [0, 0, 1])
    }
  }

  @Test func tailsKeepTheirDigits() {
    Device.with(BlockTests.device) {
      // x Φ(x) and log(1 + eˣ) at −10, by mpmath.
      let x = Tensor([-10] as [Float])
      #expect(abs(Double(x.gelu().item()) / -7.619853024160527e-23 - 1) < 1e-5)
      #expect(abs(Double(x.softplus().item()) / 4.5398899216870535e-05 - 1) < 1e-6)
      #expect(grad { $0.gelu(approximate: true).sum() }(Tensor([1e30, -1e30] as [Float])).doubles() == [1, 0])
    }
  }

  /// Half precision is computed in single precision inside of a block.
  @Test func halfPrecision() {
    Device.with(BlockTests.device) {
      let x = Tensor(exactly: (0..<64).map { Double($0 % 7) * 100 }, TensorType([1, 64], .float16))
      let y = x.layerNorm().doubles()
      let expected = x.cast(to: .float32).layerNorm().doubles()
      #expect(zip(y, expected).allSatisfy { abs($0 - $1) < 2e-3 })
      #expect(x.batchNorm().mean.dtype == .float32)
      #expect(x.softmax().dtype == .float16)
      #expect(abs(x.cast(to: .bfloat16).softmax().cast(to: .float32).sum().item() - 1) < 1e-2)
    }
  }

  /// What attention keeps for its gradient is linear in the time: no array of scores is an operand of the gradient.
  @Test func attentionKeepsNoScores() {
    let type = TensorType([1, 64, 1, 2], .float32)
    let parameters = (0..<4).map { _ in Node.build(.parameter(type)) }
    let variables = parameters.map { Tensor($0) }
    let gradients = vjp(at: Array(variables[..<3]), cotangent: variables[3]) {
      scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true)
    }.gradients
    let graph = Graph.capture(gradients.map(\.node), parameters: parameters).graph
    let largest = graph.instructions.flatMap(\.types).map(\.shape.elementCount).max() ?? 0
    #expect(largest == 64 * 2)
  }
}

private func t(_ sizes: Int..., dtype: DType = .float32) -> Tensor { .zeros(Shape(sizes), dtype: dtype) }

/// What a caller reads.
@Suite struct BlockMistakeTests {
  private static let mistakes: [(String, @Sendable () -> Tensor)] = [
    ("softmax: axis 2 of [2, 3], which has 2 axes", { t(2, 3).softmax(axis: 2) }),
    (
      "softmax: int32[2], expected floating point. Convert with `.cast(to: .float32)`",
      { t(2, dtype: .int32).softmax() }
    ),
    ("layerNorm: over the last 3 axes of float32[2, 3], expected 1 to 2", { t(2, 3).layerNorm(axisCount: 3) }),
    (
      "layerNorm: weight float32[4] for float32[2, 3], expected float32[3]",
      { t(2, 3).layerNorm(weight: t(4)) }
    ),
    (
      "layerNorm: bias float32[4] for float32[2, 3], expected float32[3]",
      { t(2, 3).layerNorm(weight: t(3), bias: t(4)) }
    ),
    ("rmsNorm: weight float32[2] for float32[2, 3], expected float32[3]", { t(2, 3).rmsNorm(weight: t(2)) }),
    ("batchNorm: float32[3], expected [batch, …, channels]", { t(3).batchNorm().output }),
    (
      "batchNorm: variance float32[2] for float32[2, 3], expected float32[3]",
      { t(2, 3).batchNorm(mean: t(3), variance: t(2)) }
    ),
    ("groupNorm: 6 channels of float32[2, 6] do not divide into 4 groups", { t(2, 6).groupNorm(groups: 4) }),
    (
      "attention: 2 key heads do not divide 3 query heads",
      { scaledDotProductAttention(t(1, 4, 3, 2), t(1, 4, 2, 2), t(1, 4, 2, 2)) }
    ),
    (
      "attention: queries [1, 4, 2, 2] and keys [1, 4, 2, 3] differ in batch or headDim",
      { scaledDotProductAttention(t(1, 4, 2, 2), t(1, 4, 2, 3), t(1, 4, 2, 2)) }
    ),
    (
      "attention: mask [1, 1, 3, 4] does not broadcast to [batch, heads, queryTime, keyTime] [1, 2, 4, 4]",
      { scaledDotProductAttention(t(1, 4, 2, 2), t(1, 4, 2, 2), t(1, 4, 2, 2), mask: t(3, 4)) }
    ),
    (
      "attention: mask int32[1, 1, 4, 4], expected bool or float32",
      { scaledDotProductAttention(t(1, 4, 2, 2), t(1, 4, 2, 2), t(1, 4, 2, 2), mask: t(4, 4, dtype: .int32)) }
    ),
    (
      "lstm: input [2, 3] and its weight [8, 3], expected [batch, time, features] and [gates, features]",
      { lstm(t(2, 3), weightInput: t(8, 3), weightHidden: t(8, 2)).outputs }
    ),
    (
      "lstm: weight of the hidden state float32[8, 3] for hidden state float32[5, 2], expected float32[8, 2]",
      { lstmCell(t(5, 3), (t(5, 2), t(5, 2)), weightInput: t(8, 3), weightHidden: t(8, 3)).hidden }
    ),
    (
      "gru: bias [5] for a weight [6, 3], expected [6]",
      { gruCell(t(5, 3), t(5, 2), weightInput: t(6, 3), weightHidden: t(6, 2), biasInput: t(5)) }
    ),
    ("embedding: indices float32[2], expected integers", { embedding(t(2), table: t(4, 3)) }),
    (
      "embedding: padding index 4 for a table float32[4, 3] of 4 rows",
      { embedding(t(2, dtype: .int32), table: t(4, 3), paddingIndex: 4) }
    ),
    ("softplus: beta 0.0, expected a positive number", { t(2).softplus(beta: 0) }),
  ]

  @Test(arguments: mistakes.indices)
  func says(_ number: Int) throws {
    let (message, body) = BlockMistakeTests.mistakes[number]
    let error = try #require(throws: OpError.self) { try checked { body() } }
    #expect(error.description == message)
  }

  /// After a mistake the rest works on stand-ins: it must not stop the program.
  @Test func restIsHarmless() throws {
    typealias Rest = (Tensor) -> Tensor
    let rest: [Rest] = [
      { $0.softmax() }, { $0.logSoftmax(axis: 1) }, { $0.logSumExp(axes: [0], keepDims: true) }, { $0.gelu() },
      { $0.silu() }, { $0.softplus() }, { $0.layerNorm(weight: t(3)) }, { $0.rmsNorm() }, { $0.batchNorm().variance },
      { $0.batchNorm(mean: $0, variance: $0) }, { $0.groupNorm(groups: 2) },
      { scaledDotProductAttention($0, $0, $0, mask: $0) },
      { scaledDotProductAttention(t(3, 2, 2), t(3, 2, 2), t(3, 2, 2), mask: $0) },
      { lstm($0, weightInput: $0, weightHidden: $0).outputs },
      { lstm(t(2, 3, 4), weightInput: t(8, 4), weightHidden: $0).state.cell },
      { lstmCell(t(2, 4), ($0, $0), weightInput: t(8, 4), weightHidden: t(8, 2)).cell },
      { gru(t(2, 3, 4), initial: $0, weightInput: t(6, 4), weightHidden: t(6, 2)).outputs },
      { gruCell($0, $0, weightInput: $0, weightHidden: $0, biasHidden: $0) },
      { embedding($0.cast(to: .int32), table: $0, paddingIndex: 0) }, { embedding(t(2, dtype: .int32), table: $0) },
    ]
    for body in rest {
      let error = try #require(throws: OpError.self) {
        try checked { body(Tensor.zeros([2, 3]).reshaped(to: [7])) }
      }
      #expect(error.description == "reshape: [2, 3] has 6 elements, [7] has 7")
    }
  }
}

extension [Tensor] {
  /// The tensors with those at some places replaced.
  fileprivate func replacing(_ places: [Int], by values: [Tensor]) -> [Tensor] {
    var copy = self
    for (place, value) in zip(places, values) { copy[place] = value }
    return copy
  }
}

/// The calls that blocks.json names.
private enum BlockCalls {
  static func body(_ fixture: Fixture) -> FixtureCalls.Body? {
    let epsilon = fixture.double("epsilon") ?? 1e-5
    switch fixture.op {
    case "layerNorm", "rmsNorm", "batchNorm", "batchNormInference", "groupNorm": return norm(fixture, epsilon)
    case "attention":
      let (isCausal, scale) = (fixture.bool("isCausal"), fixture.double("scale"))
      return {
        scaledDotProductAttention(
          $0[0], $0[1], $0[2], mask: $0.count > 3 ? $0[3] : nil, isCausal: isCausal, scale: scale)
      }
    case "lstmCell":
      return {
        let state = lstmCell(
          $0[0], ($0[1], $0[2]), weightInput: $0[3], weightHidden: $0[4], biasInput: $0.count > 5 ? $0[5] : nil,
          biasHidden: $0.count > 5 ? $0[6] : nil)
        return joined([state.hidden, state.cell])
      }
    case "lstm":
      return {
        let (outputs, state) = lstm(
          $0[0], initial: ($0[1], $0[2]), weightInput: $0[3], weightHidden: $0[4],
          biasInput: $0.count > 5 ? $0[5] : nil, biasHidden: $0.count > 5 ? $0[6] : nil)
        return joined([outputs, state.hidden, state.cell])
      }
    case "gruCell":
      return {
        gruCell(
          $0[0], $0[1], weightInput: $0[2], weightHidden: $0[3], biasInput: $0.count > 4 ? $0[4] : nil,
          biasHidden: $0.count > 4 ? $0[5] : nil)
      }
    case "gru":
      return {
        let (outputs, state) = gru(
          $0[0], initial: $0[1], weightInput: $0[2], weightHidden: $0[3], biasInput: $0.count > 4 ? $0[4] : nil,
          biasHidden: $0.count > 4 ? $0[5] : nil)
        return joined([outputs, state])
      }
    case "embedding":
      let padding = fixture.int("paddingIndex")
      return { embedding($0[1], table: $0[0], paddingIndex: padding) }
    case "gelu":
      let approximate = fixture.bool("approximate")
      return { $0[0].gelu(approximate: approximate) }
    case "silu": return { $0[0].silu() }
    case "softplus":
      let beta = fixture.double("beta") ?? 1
      return { $0[0].softplus(beta: beta) }
    default: return nil
    }
  }

  private static func norm(_ fixture: Fixture, _ epsilon: Double) -> FixtureCalls.Body? {
    let axisCount = fixture.int("axisCount") ?? 1
    @Sendable func parameter(_ x: [Tensor], _ place: Int) -> Tensor? { x.count > place ? x[place] : nil }
    switch fixture.op {
    case "layerNorm":
      return {
        $0[0].layerNorm(axisCount: axisCount, weight: parameter($0, 1), bias: parameter($0, 2), epsilon: epsilon)
      }
    case "rmsNorm": return { $0[0].rmsNorm(axisCount: axisCount, weight: parameter($0, 1), epsilon: epsilon) }
    case "batchNorm":
      return {
        let (y, mean, variance) = $0[0].batchNorm(weight: parameter($0, 1), bias: parameter($0, 2), epsilon: epsilon)
        return joined([y, mean, variance])
      }
    case "batchNormInference":
      return {
        $0[0].batchNorm(
          mean: $0[1], variance: $0[2], weight: parameter($0, 3), bias: parameter($0, 4), epsilon: epsilon)
      }
    default:
      let groups = fixture.int("groups") ?? 1
      return { $0[0].groupNorm(groups: groups, weight: parameter($0, 1), bias: parameter($0, 2), epsilon: epsilon) }
    }
  }

  private static func joined(_ parts: [Tensor]) -> Tensor { concatenate(parts.map { $0.flattened() }) }
}
