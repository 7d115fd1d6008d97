import ApusCPU
import ApusCore
import ApusReference
import ApusRuntime
import ApusTensor
import Testing

/// Every case of the table, on the CPU against the reference and one way of computing against another.
@Suite struct CaseTests {
  @Test(arguments: Case.typed())
  func computesAsTheReference(_ typed: Case.Typed) throws {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let graph = testCase.graph(dtype)
    try graph.verify()
    let arguments = testCase.samples(dtype)
    let expected = graph.interpreted(arguments)[0]
    let type = graph.outputTypes[0]
    let values = try run(graph, arguments, on: cpu)[0]
    testCase.failure(
      dtype, "CPU against reference", difference(values, from: expected, type, testCase.tolerance(type.dtype)))
  }

  /// In 16 bits: computed in single precision, kept in half.
  @Test(arguments: Case.typed([.float32]) { $0.isDifferentiable }, [DType.float16, .bfloat16])
  func computesInHalves(_ typed: Case.Typed, _ half: DType) throws {
    let testCase = typed.testCase
    let graph = testCase.graph(half)
    try graph.verify()
    let type = graph.outputTypes[0]
    // A kernel from outside takes what it takes.
    guard type.dtype == half, testCase.covers.primitive != .custom else { return }
    let arguments = testCase.samples(half)
    // Rounded once at the end, where the CPU rounds what it stores.
    let expected = testCase.graph(.float32).interpreted(arguments)[0]
    let values = try run(graph, arguments, on: cpu)[0]
    let size = expected.map(abs).filter(\.isFinite).max() ?? 0
    let unit = 4 * half.epsilon! * testCase.tolerance
    testCase.failure(
      half, "in half precision",
      difference(values, from: expected, type, Tolerance(absolute: unit * size, relative: unit)))
  }

  /// The operands are views of other memory: transposed, backwards, with steps or inside of something larger.
  @Test(arguments: Case.typed(), OperandView.allCases)
  func readsViews(_ typed: Case.Typed, _ view: OperandView) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let graph = testCase.graph(dtype)
    let type = graph.outputTypes[0]
    let expected = graph.interpreted(testCase.samples(dtype))[0]
    let values = Device.with(cpu) { testCase.body(testCase.tensors(dtype).map(view.wrapped)).doubles() }
    testCase.failure(
      dtype, "on \(view) operands", difference(values, from: expected, type, testCase.tolerance(type.dtype)))
  }

  /// One program for all, or one for each operation.
  @Test(arguments: Case.typed())
  func isLazyWithoutTrace(_ typed: Case.Typed) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let graph = testCase.graph(dtype)
    let type = graph.outputTypes[0]
    let (lazy, forced) = Device.with(cpu) {
      (testCase.body(testCase.tensors(dtype)).doubles(), stepwise(graph, testCase.tensors(dtype)).doubles())
    }
    testCase.failure(
      dtype, "forced at each step", difference(forced, from: lazy, type, testCase.tolerance(type.dtype)))
  }

  @Test(arguments: Case.typed())
  func compilesToTheSame(_ typed: Case.Typed) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let inputs = testCase.tensors(dtype)
    Device.with(cpu) {
      let eager = testCase.body(inputs)
      let function = compile(testCase.body >>> { [$0] })
      for round in ["first", "second"] {
        let compiled = function(inputs)[0]
        #expect(compiled.node.type == eager.node.type)
        testCase.failure(
          dtype, "compiled, \(round) call",
          difference(compiled.doubles(), from: eager.doubles(), eager.node.type, .exact))
      }
    }
  }

  private func stepwise(_ graph: Graph, _ inputs: [Tensor]) -> Tensor {
    var nodes: [Node] = []
    var next = 0
    for instruction in graph.instructions {
      switch instruction.op {
      case .parameter:
        nodes.append(inputs[next].node)
        next += 1
      case .output(let index): nodes.append(nodes[instruction.operands[0]].output(index))
      default: nodes.append(.build(instruction.op, instruction.operands.map { nodes[$0] }))
      }
      // A block of several results is read through `output`.
      if instruction.types.count == 1 { Tensor(nodes[nodes.count - 1]).evaluated() }
    }
    return Tensor(nodes[graph.outputs[0]])
  }
}

infix operator >>> : AdditionPrecedence
private func >>> <A, B, C>(_ f: @escaping (A) -> B, _ g: @escaping (B) -> C) -> (A) -> C { { g(f($0)) } }

/// Ways in which an operand can be part of other memory.
enum OperandView: String, CaseIterable, Sendable {
  case transposed, backwards, stepped, inside

  /// The same values as a lazy view of memory laid out otherwise.
  func wrapped(_ x: Tensor) -> Tensor {
    guard x.rank > 0 else { return x }
    let type = x.node.type
    let values = x.doubles()
    switch self {
    case .transposed:
      let order = Array(x.shape.indices.reversed())
      let turned = run(.transpose(order), values, type)
      return turned.transposed(order)
    case .backwards:
      let axes = Array(x.shape.indices)
      return run(.reverse(axes: axes), values, type).reversed(axes)
    case .stepped:
      let zeros = x.shape.map { _ in 0 }
      let spread = run(
        .pad(PadBounds(low: zeros, high: zeros.map { _ in 1 }, interior: zeros.map { _ in 1 })), values, type)
      return .apply(
        .slice(SliceBounds(start: zeros, limit: x.shape.map { 2 * $0 }, stride: zeros.map { _ in 2 })), spread)
    case .inside:
      let (zeros, ones) = (x.shape.map { _ in 0 }, x.shape.map { _ in 1 })
      let wide = run(.pad(PadBounds(low: ones, high: ones, interior: zeros)), values, type)
      return .apply(.slice(SliceBounds(start: ones, limit: x.shape.map { $0 + 1 }, stride: ones)), wide)
    }
  }

  /// The layout as memory, by the reference.
  private func run(_ op: Op, _ values: [Double], _ type: TensorType) -> Tensor {
    var operands = [Tensor(exactly: values, type)]
    if case .pad = op {
      operands.append(Tensor(exactly: [7], TensorType([], type.dtype == .bool ? .bool : type.dtype)))
    }
    return Device.with(reference) { Tensor.apply(op, operands).evaluated() }
  }
}
