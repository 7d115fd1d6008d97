import Apus
import ApusCPU
import ApusCore
import ApusRuntime
import Testing

/// What blocks become: one kernel each, next to nothing besides.
@Suite struct BlockPlanTests {
  private static func plan(_ shapes: [Shape], _ f: ([Tensor]) -> [Tensor]) throws -> Plan {
    let parameters = shapes.map { Node.build(.parameter(TensorType($0, .float32))) }
    let (graph, _) = Graph.capture(f(parameters.map(Tensor.init)).map(\.node), parameters: parameters)
    return try #require(try CPUBackend().compile(graph, donations: []) as? Plan)
  }

  /// Queries, keys and values are parts of one projection: attention reads them where they lie, with its gradient.
  @Test func attentionReadsPartsOfAProjection() throws {
    let plan = try Self.plan([[2, 16, 3 * 4 * 8], [2, 16, 4, 8]]) { x in
      let parts = x[0].reshaped(to: [2, 16, 3, 4, 8]).unstacked(axis: 2)
      return [scaledDotProductAttention(parts[0], parts[1], parts[2], isCausal: true)]
        + vjp(at: parts, cotangent: x[1]) {
          scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true)
        }.gradients
    }
    #expect(plan.stepLabels.filter { $0 == "attention" }.count == 1)
    #expect(plan.stepLabels.filter { $0 == "attention_gradient" }.count == 1)
    // The cotangent of the logarithms, zeros, is all that is written besides.
    #expect(plan.stepLabels.count == 3, "\(plan.stepLabels)")
  }

  /// After the statistics one pass normalises, adds and rectifies.
  @Test func batchNormIsFusedWithWhatFollows() throws {
    let plan = try Self.plan([[8, 4, 4, 16], [8, 4, 4, 16], [16], [16]]) { x in
      [(x[0].batchNorm(weight: x[2], bias: x[3]).output + x[1]).relu()]
    }
    #expect(plan.stepLabels.filter { $0 == "channel_moments" }.count == 1)
    #expect(plan.stepLabels.count == 3, "\(plan.stepLabels)")
    #expect(plan.stepLabels.last?.hasSuffix("add+maximum") == true, "\(plan.stepLabels)")
  }

  /// The gradient of cross-entropy lies where the logits were.
  @Test func theLossTakesNoMemoryOfItsOwn() throws {
    let (rows, classes) = (32, 512)
    let plan = try Self.plan([[rows, 8], [8, classes]]) { x in
      let labels = Tensor((0..<rows).map { Int32($0) })
      let (loss, gradients) = valueAndGradient(at: [x[1]]) { crossEntropy(x[0].matmul($0[0]), labels) }
      return [loss] + gradients
    }
    #expect(plan.stepLabels.contains("cross_entropy_gradient"))
    #expect(plan.arenaSize - plan.scratchSize < rows * classes * 4 + 16384)
  }
}
