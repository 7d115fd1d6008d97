import ApusCPU
import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// Recomputation: the same gradients from less memory.
@Suite struct CheckpointTests {
  private static let (layers, batch, time, heads, width) = (24, 2, 64, 4, 64)

  private static func normalized(_ x: Tensor) -> Tensor {
    let centred = x - x.mean(axis: -1, keepDims: true)
    return centred * (centred.squared().mean(axis: -1, keepDims: true) + 1e-5).rsqrt()
  }

  /// One layer of a transformer (Vaswani et al. 2017, normalised first) on `[batch, time, width]`.
  private static func layer(_ x: Tensor, _ weights: ArraySlice<Tensor>) -> Tensor {
    let w = Array(weights)
    func heads(_ x: Tensor) -> Tensor {
      x.reshaped(to: [batch, time, Self.heads, width / Self.heads]).transposed([0, 2, 1, 3])
    }
    let parts = normalized(x).matmul(w[0]).split(3, axis: 2).map(heads)
    let scores = parts[0].matmul(parts[1].swapping(2, 3)) / (Double(width / Self.heads)).squareRoot()
    let mixed = scores.softmax().matmul(parts[2]).transposed([0, 2, 1, 3]).reshaped(to: [batch, time, width])
    let y = x + mixed.matmul(w[1])
    return y + normalized(y).matmul(w[2]).relu().matmul(w[3])
  }

  private static func weightShapes() -> [Shape] {
    (0..<layers).flatMap { _ -> [Shape] in
      [[width, 3 * width], [width, width], [width, 4 * width], [4 * width, width]]
    }
  }

  /// The loss with the gradients, or with the weights after a step against them.
  private static func stepGraph(recomputing: Bool, updating: Bool = false) -> Graph {
    let shapes: [Shape] = [[batch, time, width]] + weightShapes()
    let parameters = shapes.map { Node.build(.parameter(TensorType($0, .float32))) }
    let (value, gradients) = valueAndGradient(at: parameters.map { Tensor($0) }) { inputs in
      var x = inputs[0]
      for number in 0..<layers {
        let weights = inputs[(1 + 4 * number)..<(5 + 4 * number)]
        x = recomputing ? checkpoint([x] + weights) { [layer($0[0], $0[1...])] }[0] : layer(x, weights)
      }
      return x.squared().mean()
    }
    let results = updating ? zip(parameters, gradients).map { Tensor($0) - $1 * 0.01 } : gradients
    return Graph.capture([value.node] + results.map(\.node), parameters: parameters).graph
  }

  /// With the update in the same graph the new weights still take the place of the old ones: the step that makes them
  /// waits for the last product that reads what they overwrite.
  @Test func aTrainingStepKeepsNoSecondSetOfWeights() throws {
    let donations = (1...4 * Self.layers).map { Donation(input: $0, output: 1 + $0) }
    let arenas = try [false, true].map { recomputing in
      let graph = Self.stepGraph(recomputing: recomputing, updating: true)
      let plan = try CPUBackend().compile(graph, donations: donations) as! Plan
      #expect(plan.donations.count == donations.count)
      return plan.arenaSize
    }
    // The gradients of the weights come as soon as they can, so that what they are made from need not be kept.
    #expect(arenas[1] * 6 <= arenas[0], "\(arenas[1]) bytes recomputing, \(arenas[0]) keeping")
  }

  @Test func recomputationHalvesTheMemory() throws {
    let plans = try [false, true].map { recomputing in
      try CPUBackend().compile(Self.stepGraph(recomputing: recomputing), donations: []) as! Plan
    }
    var noise = Noise("transformer")
    let inputs = ([[Self.batch, Self.time, Self.width]] + Self.weightShapes()).map { (shape: Shape) in
      Tensor((0..<shape.elementCount).map { _ in Float(noise.uniform(-0.1...0.1)) }, shape: shape).buffer
    }
    let results = plans.map { plan in
      zip(plan.run(inputs), plan.outputTypes).map { Tensor(Node(value: $0, type: $1)).scalars(Float.self) }
    }
    for (kept, again) in zip(results[0], results[1]) {
      #expect(zip(kept, again).allSatisfy { abs($0 - $1) <= 1e-5 * (1 + abs($0)) })
    }
    let (kept, again) = (plans[0].arenaSize, plans[1].arenaSize)
    #expect(again * 2 <= kept, "\(again) bytes recomputing, \(kept) keeping")
  }
}
