import Apus
import ApusCPU
import ApusCore
import ApusReference
import ApusRuntime
import Testing

/// Reductions at the end of elementwise programs, of all the ways in which the kernels cut them.
@Suite struct FusedReductionTests {
  struct Shapes: Sendable, CustomTestStringConvertible {
    let shape: Shape
    let axes: [Int]

    var testDescription: String { "\(shape) over \(axes)" }

    static let all: [Shapes] = [
      // Rows: many in a stripe, one in a stripe, longer than a stripe, in several tasks, with a rest in each tile.
      .init([40, 16], [1]), .init([6000, 7], [1]), .init([9, 4096], [1]), .init([3, 9001], [1]), .init([70_000], [0]),
      .init([1, 5], [1]), .init([2, 3, 1000], [1, 2]), .init([33_000, 2], [1]),
      // Columns: few, many, wider than a kernel call, as wide as can be, in several tasks.
      .init([9000, 3], [0]), .init([50, 640], [0]), .init([12, 1024], [0]), .init([700, 100], [0]), .init([3, 2], [0]),
      .init([40, 50, 64], [0, 1]),
      // Planes.
      .init([3, 700, 6], [1]), .init([2, 64, 64], [1]), .init([4, 5, 1000], [1]),
    ]

    init(_ shape: Shape, _ axes: [Int]) { (self.shape, self.axes) = (shape, axes) }
  }

  private static func graph(
    _ inputs: [TensorType], _ f: ([Tensor]) -> [Tensor]
  ) -> Graph {
    let parameters = inputs.map { Node.build(.parameter($0)) }
    return Graph.capture(f(parameters.map(Tensor.init)).map(\.node), parameters: parameters).graph
  }

  private static func plan(_ graph: Graph) throws -> Plan {
    try #require(try CPUBackend().compile(graph, donations: []) as? Plan)
  }

  /// Whole multiples of 1/64: sums of many thousands are exact in float32, in any order.
  private static func noise(_ type: TensorType, stream: Int) -> ApusRuntime.Buffer {
    let values = (0..<type.shape.elementCount).map { Float(($0 &+ stream) &* 2_654_435_761 >> 7 & 127) / 64 - 1 }
    return Tensor(values, shape: type.shape).cast(to: type.dtype).buffer
  }

  @Test(arguments: Shapes.all) func equalReferenceOnAnyNumberOfThreads(_ shapes: Shapes) throws {
    for dtype in [DType.float32, .float64, .int32] {
      let type = TensorType(shapes.shape, dtype)
      let graph = Self.graph([type, type]) { x in
        let difference = x[0] - x[1]
        return [difference.sum(axes: shapes.axes), (difference * x[0]).max(axes: shapes.axes)]
      }
      let plan = try Self.plan(graph)
      #expect(plan.stepLabels == ["subtract+multiply+reduce+reduce"])
      let inputs = [0, 1000].map { Self.noise(type, stream: $0) }
      let expected = try ReferenceBackend().compile(graph, donations: []).run(inputs)
      let found = onThreadCounts { plan.run(inputs) }
      for (number, output) in expected.enumerated() {
        for result in found {
          #expect(result[number].bytes.elementsEqual(output.bytes), "\(dtype), result \(number)")
        }
      }
    }
  }

  /// What others read is stored as well; what is only summed takes no memory.
  @Test func valuesAreStoredOnlyWhereTheyAreRead() throws {
    let type = TensorType([300, 512], .float32)
    let sum = try Self.plan(Self.graph([type]) { [($0[0] * 2).exp().sum(axis: 1)] })
    #expect(sum.stepLabels == ["multiply+exponential+reduce"])
    #expect(sum.arenaSize < 4096)
    let both = Self.graph([type]) { x in
      let y = (x[0] * 2 + 1).relu()
      return [y, y.sum(axis: 0), y.max(axis: 0)]
    }
    let plan = try Self.plan(both)
    #expect(plan.stepLabels.count == 1, "\(plan.stepLabels)")
    let input = Self.noise(type, stream: 0)
    let expected = try ReferenceBackend().compile(both, donations: []).run([input])
    for (found, expected) in zip(plan.run([input]), expected) { #expect(found.bytes.elementsEqual(expected.bytes)) }
  }

  /// A step that overwrites its operand must not lose what it still has to sum.
  @Test func whatIsOverwrittenIsSummedFirst() throws {
    let type = TensorType([130, 37], .float32)
    let graph = Self.graph([type, type]) { x in
      // Whole numbers, so that all sums are exact.
      let y = (x[0] .> 0).cast(to: .float32).matmul((x[1] .> 0).cast(to: .float32).transposed())
      let z = y + 1
      return [z.matmul(y), (y * y).sum(axis: 0), z.sum(axis: 0)]
    }
    let inputs = [0, 1000].map { Self.noise(type, stream: $0) }
    let expected = try ReferenceBackend().compile(graph, donations: []).run(inputs)
    for (found, expected) in zip(try Self.plan(graph).run(inputs), expected).dropFirst() {
      #expect(found.bytes.elementsEqual(expected.bytes))
    }
  }

  /// What is computed from a sum cannot be in the program that sums.
  @Test func whatReadsTheSumFollows() throws {
    let type = TensorType([64, 100], .float32)
    let plan = try Self.plan(
      Self.graph([type]) { x in
        let e = (x[0] * 3).exp()
        return [e / e.sum(axis: 1, keepDims: true)]
      })
    #expect(plan.stepLabels == ["multiply+exponential+reduce", "divide"])
  }

  /// Where the kernels would lose by it, reductions stay apart.
  @Test func smallPlanesAreReducedApart() throws {
    let type = TensorType([1000, 4, 4], .float32)
    let plan = try Self.plan(Self.graph([type]) { [($0[0] * 2).sum(axis: 1)] })
    #expect(plan.stepLabels == ["multiply", "reduce sum"])
  }
}
