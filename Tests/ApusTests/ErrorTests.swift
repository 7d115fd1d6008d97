import ApusCore
import ApusTensor
import Testing

/// Mistakes say which operation, on what shapes, and what to do.
@Suite struct ErrorTests {
  /// A mistake and the message it gives.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let message: String
    let body: @Sendable () -> Tensor
    var testDescription: String { message }

    init(_ message: String, _ body: @escaping @Sendable () -> Tensor) {
      self.message = message
      self.body = body
    }
  }

  private static func t(_ sizes: Int..., dtype: DType = .float32) -> Tensor { .zeros(Shape(sizes), dtype: dtype) }

  static let shapes: [Mistake] = [
    Mistake("matmul: [32, 784] × [10, 784]: inner sizes 784 and 10 differ. Transpose the second operand?") {
      t(32, 784).matmul(t(10, 784))
    },
    Mistake("matmul: [784, 32] × [784, 10]: inner sizes 32 and 784 differ. Transpose the first operand?") {
      t(784, 32).matmul(t(784, 10))
    },
    Mistake(
      "matmul: [2, 3] × [4, 5]: inner sizes 3 and 4 differ. The last axis of the first must equal the last but one of "
        + "the second"
    ) { t(2, 3).matmul(t(4, 5)) },
    Mistake("matmul: [] × [3]: scalars have no axes. Use `*`") { t().matmul(t(3)) },
    Mistake("matmul: [2, 3, 4] × [5, 4, 3]: the batch axes do not broadcast") { t(2, 3, 4).matmul(t(5, 4, 3)) },
    Mistake("add: shapes [2, 3] and [2, 4] do not broadcast: aligned at the right, sizes must be equal or 1") {
      t(2, 3) + t(2, 4)
    },
    Mistake("less: shapes [2] and [3] do not broadcast: aligned at the right, sizes must be equal or 1") {
      t(2) .< t(3)
    },
    Mistake("select: [2], [3] and [] do not broadcast") { select(t(2, dtype: .bool), t(3), t()) },
    Mistake("select: the condition is bool, not float32") { select(t(2), t(2), t(2)) },
    Mistake("reshape: [2, 3] has 6 elements, [4] has 4") { t(2, 3).reshaped(to: [4]) },
    Mistake("reshape: [2, 3] has 6 elements, which [4, -1] cannot hold") { t(2, 3).reshaped(to: [4, -1]) },
    Mistake("reshape: [2, 3] has 6 elements, which [-1, -1] cannot hold") { t(2, 3).reshaped(to: [-1, -1]) },
    Mistake("reshape: [2, 3] to [-2, -3]: a size is negative. One may be -1, for what the others leave") {
      t(2, 3).reshaped(to: [-2, -3])
    },
    Mistake("transpose: [0, 0] is not an order of the axes of [2, 3]") { t(2, 3).transposed([0, 0]) },
    Mistake("broadcast: [3] to [2]: axis 0 has size 3, which is neither 1 nor 2") { t(3).broadcast(to: [2]) },
    Mistake("broadcast: [1, 3] to [3], which has fewer axes") { t(1, 3).broadcast(to: [3]) },
    Mistake("concatenate: float32[2, 3] and float32[2, 4] differ outside axis 0") { concatenate([t(2, 3), t(2, 4)]) },
    Mistake("concatenate: nothing to join") { concatenate([]) },
    Mistake("stack: nothing to join") { stack([]) },
    Mistake("split: axis 0 of [5] does not divide into 2 parts") { t(5).split(2, axis: 0)[0] },
    Mistake("squeeze: axis 0 of [2, 1] has size 2, not 1") { t(2, 1).squeezed([0]) },
    Mistake("pad: -2 and -2 crop more than axis 0 of [3] has") { t(3).padded([(-2, -2)]) },
    Mistake("pad: 1 bounds for [3, 4], which has 2 axes") { t(3, 4).padded([(1, 1)]) },
    Mistake("Tensor: 3 values for shape [2, 2], which has 4 elements") {
      Tensor([1, 2, 3] as [Float], shape: [2, 2])
    },
    Mistake("Tensor: 3 bytes for float32[1], which takes 4") { Tensor(bytes: [1, 2, 3], shape: [1], dtype: .float32) },
    Mistake("array literal: rows of shapes [2] and [1] do not make a rectangle") { [[1, 2], [3]] },
  ]

  static let axes: [Mistake] = [
    Mistake("sum: axis 2 of [2, 3], which has 2 axes") { t(2, 3).sum(axis: 2) },
    Mistake("max: axis -3 of [2, 3], which has 2 axes") { t(2, 3).max(axis: -3) },
    Mistake("mean: an axis is repeated in [0, -2]") { t(2, 3).mean(axes: [0, -2]) },
    Mistake("argMax: axis 1 of [4], which has 1 axes") { t(4).argMax(axis: 1) },
    Mistake("argmax: axis 0 of [0, 2] has no elements") { t(0, 2).argMax(axis: 0) },
    Mistake("expand: axis 3 of [4], which has 1 axes") { t(4).expandingAxis(3) },
    Mistake("subscript: position 4 on axis 0 of [4], expected -4 to 3") { t(4)[4] },
    Mistake("subscript: position -5 on axis 0 of [4], expected -4 to 3") { t(4)[-5] },
    Mistake("subscript: 1..<5 by 1 on axis 0 of [4], expected bounds from 0 to 4, in order") { t(4)[1..<5] },
    Mistake("subscript: 2 indices for [4], which has 1 axes") { t(4)[0, 0] },
    Mistake("subscript: more than one ellipsis") { t(2, 3)[TensorIndex.ellipsis, TensorIndex.ellipsis] },
  ]

  static let types: [Mistake] = [
    Mistake("add: float32[2] and int32[2] have different types. Convert one with `.cast(to: .float32)`") {
      Promotion.with(.strict) { t(2) + t(2, dtype: .int32) }
    },
    Mistake("matmul: float32[2, 2] and float64[2, 2] have different types. Convert one with `.cast(to: .float32)`") {
      Promotion.with(.strict) { t(2, 2).matmul(t(2, 2, dtype: .float64)) }
    },
    Mistake("exp: is not defined on int32") { t(2, dtype: .int32).exp() },
    Mistake("negate: is not defined on uint8") { -t(2, dtype: .uint8) },
    Mistake("add: is not defined on bool") { t(2, dtype: .bool) + t(2, dtype: .bool) },
    Mistake("and: is not defined on float32") { t(2) & t(2) },
    Mistake("sum: is not defined on bool") { t(2, dtype: .bool).sum() },
    Mistake("relu: is not defined on uint8") { t(2, dtype: .uint8).relu() },
    Mistake("matmul: is not defined on bool") { t(2, 2, dtype: .bool).matmul(t(2, 2, dtype: .bool)) },
    Mistake("iota: counts in numbers, not in bool") { .range(3, dtype: .bool) },
  ]

  static let images: [Mistake] = [
    Mistake(
      "convolution: a kernel reaching over 5 does not fit in 4 (input [1, 4, 6, 1], padding included). Pad more or use "
        + "a smaller kernel"
    ) { t(1, 4, 6, 1).conv2D(t(5, 5, 1, 2)) },
    Mistake(
      "convolution: a kernel reaching over 7 does not fit in 6 (input [1, 4, 6, 1], padding included). Pad more or use "
        + "a smaller kernel"
    ) { t(1, 4, 6, 1).conv2D(t(3, 3, 1, 2), padding: 1, dilation: 3) },
    Mistake("convolution: input [1, 4, 4, 3] has 3 channels, kernel [3, 3, 2, 8] expects 2") {
      t(1, 4, 4, 3).conv2D(t(3, 3, 2, 8))
    },
    Mistake(
      "convolution: input [1, 4, 4, 3] has 3 channels, kernel [3, 3, 2, 8] expects 4 (2 in each of 2 groups)"
    ) { t(1, 4, 4, 3).conv2D(t(3, 3, 2, 8), groups: 2) },
    Mistake("convolution: 3 output channels do not divide into 2 groups") {
      t(1, 4, 4, 4).conv2D(t(3, 3, 2, 3), groups: 2)
    },
    Mistake("convolution: window [3, 3], stride [0, 1] and dilation [1, 1] must be at least 1 on every axis") {
      t(1, 4, 4, 1).conv2D(t(3, 3, 1, 1), stride: Pair(0, 1))
    },
    Mistake(
      "conv2D: input [4, 4, 1] and kernel [3, 3, 1, 1], expected [batch, height, width, channels] and [height, width, "
        + "channels / groups, outputs]"
    ) { t(4, 4, 1).conv2D(t(3, 3, 1, 1)) },
    Mistake("max pooling: input [4, 4], expected [batch, height, width, channels]") { t(4, 4).maxPool2D(2) },
    Mistake("max pooling: a window reaching over 5 does not fit in 4 on axis 1 of [1, 4, 4, 1]") {
      t(1, 4, 4, 1).maxPool2D(5)
    },
    Mistake("crossEntropy: labels int32[3] for logits [2, 5], expected integers of shape [2]") {
      crossEntropy(t(2, 5), t(3, dtype: .int32))
    },
    Mistake("crossEntropy: logits float32[2, 0] have no classes") { crossEntropy(t(2, 0), t(2, dtype: .int32)) },
    Mistake("gradient: of float32[2], expected a floating-point scalar. Take its `sum()` or `mean()`") {
      grad { $0 * 2 }(t(2))
    },
    Mistake("gradient: with respect to int32[2], which is not floating point") {
      grad { $0.sum().cast(to: .float32) }(t(2, dtype: .int32))
    },
  ]

  @Test(arguments: shapes + axes + types + images)
  func says(_ mistake: Mistake) throws {
    let error = try #require(throws: OpError.self) { try checked { mistake.body() } }
    #expect(error.description == mistake.message)
  }

  @Test func theFirstMistakeIsThrown() throws {
    let error = try #require(throws: OpError.self) {
      try checked { (Tensor.zeros([2]) + Tensor.zeros([3])).matmul(Tensor.zeros([4, 4])) }
    }
    #expect(error.description.hasPrefix("add: shapes [2] and [3]"))
  }

  /// Reading what cannot be read is a mistake like others, in whatever transform.
  @Test func readingIsChecked() {
    let traced =
      "the value of a float32[] is read while its function is traced: return it instead, or compute it outside"
    let readings: [(String, () -> Void)] = [
      ("item: [2] has 2 elements, expected one", { _ = Tensor([1, 2] as [Float]).item() }),
      (
        "scalars: the elements are int32, not float32. Convert with `.cast(to: .float32)`",
        { _ = Tensor([1, 2] as [Int32]).scalars(Float.self)[1] }
      ),
      (traced, { _ = vmap { (x: Tensor) in x * x.sum().item() }(Tensor.zeros([2, 3])) }),
      (traced, { _ = scan(Tensor(1), over: Tensor.zeros([2])) { ($0 * $0.item(), $1) } }),
      (traced, { _ = compile { (x: Tensor) in x * Double(x.sum().scalars(Float.self)[0]) }(Tensor.zeros([3])) }),
    ]
    for (message, body) in readings {
      #expect { try checked(body) } throws: { ($0 as? OpError)?.description == message }
    }
  }

  /// After a mistake the rest works on stand-ins: it must not stop the program.
  @Test(arguments: FollowUp.all) func restIsHarmless(_ rest: FollowUp) throws {
    let error = try #require(throws: OpError.self) {
      try checked { rest.body(Tensor.zeros([2, 3]).reshaped(to: [7])) }
    }
    #expect(error.description == "reshape: [2, 3] has 6 elements, [7] has 7")
  }

  struct FollowUp: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: @Sendable (Tensor) -> Tensor

    init(_ name: String, _ body: @escaping @Sendable (Tensor) -> Tensor) {
      testDescription = name
      self.body = body
    }

    static let all = [
      FollowUp("matmul") { $0.matmul(.ones([3, 4])) },
      FollowUp("matmul on the right") { Tensor.ones([3, 4]).matmul($0) },
      FollowUp("vector matmul") { Tensor.ones([3]).matmul($0) }, FollowUp("add") { $0 + .ones([7]) },
      FollowUp("compare") { $0 .< .ones([3]) }, FollowUp("sum") { $0.sum(axis: 1) },
      FollowUp("softmax") { $0.softmax() },
      FollowUp("variance") { $0.variance(axes: [0]) }, FollowUp("argMax") { $0.argMax() },
      FollowUp("logSumExp") { $0.logSumExp(axes: [0]) }, FollowUp("transpose") { $0.transposed([1, 0]) },
      FollowUp("swap") { $0.swapping(0, 1) }, FollowUp("subscript") { $0[0, 1..<3] },
      FollowUp("reshape") { $0.reshaped(to: [-1, 7]) }, FollowUp("flatten") { $0.flattened(from: 1) },
      FollowUp("broadcast") { $0.broadcast(to: [3, 7]) }, FollowUp("squeeze") { $0.squeezed([0]) },
      FollowUp("expand") { $0.expandingAxis(1) }, FollowUp("reverse") { $0.reversed([0]) },
      FollowUp("pad") { $0.padded([(1, 1)]) }, FollowUp("split") { $0.split(7, axis: 0)[3] },
      FollowUp("concatenate") { concatenate([$0, .ones([7])]) }, FollowUp("stack") { stack([.ones([7]), $0]) },
      FollowUp("convolve") { $0.conv2D(.ones([3, 3, 1, 1])) }, FollowUp("pool") { $0.maxPool2D(2) },
      FollowUp("average") { $0.averagePool2D(2, countsPadding: false) }, FollowUp("relu") { $0.relu() },
      FollowUp("oneHot") { $0.cast(to: .int32).oneHot(3) }, FollowUp("select") { select($0, $0, $0) },
      FollowUp("crossEntropy") { crossEntropy($0, Tensor([1, 2] as [Int32])) },
      FollowUp("crossEntropy of labels") { crossEntropy(.ones([2, 3]), $0.cast(to: .int32)) },
      FollowUp("gradient") { grad { ($0 * $0).sum() }($0) }, FollowUp("evaluate") { $0.evaluated() },
      FollowUp("print") { Tensor([Float($0.description.count)]) },
    ]
  }

  @Test func whatIsRightIsReturned() throws {
    let sum = try checked { Tensor([1, 2] as [Float]) + 1 }
    #expect(sum.scalars() == [2, 3])
  }

  @Test func mistakesOutsideAreNotCaught() throws {
    struct Own: Error {}
    #expect(throws: Own.self) { try checked { () throws -> Void in throw Own() } }
  }

  /// Outside of `checked` a mistake stops the program with its message.
  @Test func stopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).matmul(.zeros([2, 3]))
    }
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains("matmul: [2, 3] × [2, 3]: inner sizes 3 and 2 differ. Transpose the second operand?"))
  }

  @Test func readingInACompiledFunctionStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let f = compile { (x: Tensor) in x * x.sum().item() }
      _ = f([1, 2])
    }
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains("is read while its function is traced: return it instead"))
  }

  @Test func wrongElementTypeStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2] as [Int32]).scalars(Float.self)
    }
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains("scalars: the elements are int32, not float32. Convert with `.cast(to: .float32)`"))
  }
}
