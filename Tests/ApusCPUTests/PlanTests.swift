import Apus
import ApusCPU
import ApusCore
import ApusRuntime
import Testing

/// What graphs become: which kernel calls, in how much memory. A change here is a change of speed.
@Suite struct PlanTests {
  /// The plan of a function of tensors of the given shapes.
  private static func plan(
    _ shapes: [Shape], donations: [Donation] = [], _ f: ([Tensor]) -> [Tensor]
  ) throws -> Plan {
    let parameters = shapes.map { Node.build(.parameter(TensorType($0, .float32))) }
    let results = f(parameters.map(Tensor.init)).map(\.node)
    let (graph, _) = Graph.capture(results, parameters: parameters)
    try graph.verify()
    return try #require(try CPUBackend().compile(graph, donations: donations) as? Plan)
  }

  @Test func biasAndActivationAreTheEpilogueOfTheProduct() throws {
    let linear = try Self.plan([[8, 4], [3, 4], [3]]) { [($0[0].matmul($0[1].transposed()) + $0[2]).relu()] }
    #expect(linear.stepLabels == ["dot_general+bias+relu"])
    let convolution = try Self.plan([[2, 8, 8, 3], [3, 3, 3, 4], [4]]) { [($0[0].conv2D($0[1]) + $0[2]).tanh()] }
    #expect(convolution.stepLabels == ["convolution+bias+tanh"])
    let all = try Self.plan([[8, 4], [4, 3], [3], [3], [8, 3]]) {
      [($0[0].matmul($0[1]) * $0[2] + $0[3] + $0[4]).silu()]
    }
    #expect(all.stepLabels == ["dot_general+scale+bias+residual+silu"])
  }

  /// The gradient of GELU reads what comes before it: the product leaves both.
  @Test func productsShowWhatTheGradientReads() throws {
    let plan = try Self.plan([[8, 4], [4, 3], [3]]) { x in
      let (value, gradients) = valueAndGradient(at: [x[0]]) { ($0[0].matmul(x[1]) + x[2]).gelu().sum() }
      return [value] + gradients
    }
    #expect(plan.stepLabels.first == "dot_general+bias+gelu(isApproximate: false)")
    #expect(plan.stepLabels.filter { $0.contains("erfc") }.count == 1, "the gradient alone computes it again")
  }

  @Test func chainsAreOneProgramWithNoMemoryOfTheirOwn() throws {
    let plan = try Self.plan([[64, 32], [32]]) { [(($0[0] * 2 + $0[1]).exp() - 1).sqrt()] }
    #expect(plan.stepLabels == ["multiply+add+exponential+subtract+sqrt"])
    #expect(plan.arenaSize == 0)
  }

  /// Views cost nothing: no copy for a transpose, a slice or a broadcast that feeds a product or a program.
  @Test func viewsAreNotCopied() throws {
    let plan = try Self.plan([[16, 8], [16, 8], [8]]) { x in
      [x[0].transposed().matmul(x[1][0..<16]) + x[2].expandingAxis(1)]
    }
    #expect(!plan.stepLabels.contains("copy"))
  }

  /// A value used twice by one chain and once outside is computed once.
  @Test func sharedValuesAreComputedOnce() throws {
    let plan = try Self.plan([[128]]) { x in
      let y = x[0].exp()
      return [y * y + y, y.sum()]
    }
    #expect(plan.stepLabels.filter { $0.contains("exponential") }.count == 1)
    #expect(plan.stepLabels.count == 2)
  }

  @Test func donatedInputsAreOverwritten() throws {
    let plan = try Self.plan([[64], [64]], donations: [Donation(input: 0, output: 0)]) { [$0[0] - $0[1] * 0.1] }
    #expect(plan.donations == [Donation(input: 0, output: 0)])
    let (a, b) = (Buffer(byteCount: 256), Buffer(byteCount: 256))
    for i in 0..<64 {
      a.pointer.storeBytes(of: Float(i), toByteOffset: 4 * i, as: Float.self)
      b.pointer.storeBytes(of: Float(10), toByteOffset: 4 * i, as: Float.self)
    }
    let result = plan.run([a, b])[0]
    #expect(result === a)
    #expect(result.pointer.load(fromByteOffset: 20, as: Float.self) == 4)
  }

  /// An input that is read after the output is written, or by another pattern, must not be overwritten.
  @Test func donationsThatWouldHurtAreDeclined() throws {
    let later = try Self.plan([[64], [64]], donations: [Donation(input: 0, output: 0)]) { x in
      let y = x[0] + x[1]
      return [y, x[0].reversed([0]) * y.sum()]
    }
    #expect(later.donations.isEmpty)
    let reversed = try Self.plan([[64]], donations: [Donation(input: 0, output: 0)]) { [$0[0] + $0[0].reversed([0])] }
    #expect(reversed.donations.isEmpty)
  }

  /// A deep chain of products needs two buffers, not one for each.
  @Test func theArenaIsReused() throws {
    let plan = try Self.plan([[64, 64]]) { x in
      var y = x[0]
      for _ in 0..<10 { y = y.matmul(x[0]).softmax() }
      return [y]
    }
    let oneMatrix = 64 * 64 * 4
    #expect(plan.arenaSize - plan.scratchSize <= 4 * oneMatrix)
  }

  /// The training step of LeNet-5: the kernels that it must run and no others.
  @Test func lenet5RunsTheExpectedKernels() throws {
    var key = RandomKey(0)
    let model = LeNet5(key: &key)
    let names = model.parameters.map(\.slot)
    let saved = names.map { $0.tensor! }
    let plan = try Self.plan([[8, 28, 28, 1]] + saved.map(\.shape)) { x in
      for (slot, value) in zip(names, x.dropFirst()) { slot.tensor = value }
      let labels = Tensor((0..<8).map { Int32($0) })
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(x[0]), labels) }
      return [loss] + gradients
    }
    for (slot, value) in zip(names, saved) { slot.tensor = value }
    func count(_ label: String) -> Int {
      plan.stepLabels.filter { $0 == label || $0.hasPrefix(label + "+") }.count
    }
    #expect(count("convolution") == 3, "two forward, one gradient of data: the image needs none")
    #expect(count("convolution weight gradient") == 2)
    #expect(count("dot_general") == 9, "three layers, each forward and two gradients")
    #expect(count("reduce_window") == 2 && count("select_and_scatter") == 2)
    #expect(count("cross_entropy") == 1 && count("cross_entropy_gradient") == 1)
    #expect(count("convolution (general)") == 0)
  }
}
