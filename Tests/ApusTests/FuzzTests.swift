import ApusCPU
import ApusCompiler
import ApusCore
import ApusGradients
import ApusReference
import ApusRuntime
import ApusTensor
import Testing

/// Random graphs. `APUS_FUZZ_SEED=7` runs one seed again, `APUS_FUZZ_COUNT=10000` more of them; `APUS_FUZZ_SECONDS=600`
/// (`make fuzz SECONDS=600`) goes on for so long, from other seeds each day.
@Suite struct FuzzTests {
  private static let count = environment("APUS_FUZZ_COUNT").flatMap { UInt64($0) } ?? 20_000

  private static var seeds: AnySequence<UInt64> {
    if let seed = environment("APUS_FUZZ_SEED").flatMap({ UInt64($0) }) { return AnySequence([seed]) }
    guard let seconds = environment("APUS_FUZZ_SECONDS").flatMap({ Double($0) }) else { return AnySequence(1...count) }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    let start = UInt64.random(in: 1 << 32..<1 << 48)
    return AnySequence(sequence(first: start) { clock.now < end ? $0 + 1 : nil })
  }

  private static var isSingle: Bool { environment("APUS_FUZZ_SEED") != nil }

  private func fail(_ seed: UInt64, _ what: String, _ graph: Graph) {
    Issue.record("APUS_FUZZ_SEED=\(seed): \(what)\n\(graph)")
  }

  @Test func cpuComputesAsTheReference() throws {
    for seed in FuzzTests.seeds {
      let random = RandomGraph(seed: seed)
      try random.graph.verify()
      guard let message = try mismatch(random, seed, random.graph, random.arguments) else { continue }
      // The smallest graph that still goes wrong tells more.
      let small = try shrunk(random.graph, random.arguments) { graph, arguments in
        try mismatch(random, seed, graph, arguments) != nil
      }
      let values = small.arguments.map { $0.count > 20 ? "\($0.prefix(20))…" : "\($0)" }
      fail(seed, "\(message)\nsmallest, on \(values.joined(separator: ", ")):", small.graph)
    }
  }

  /// How the CPU's outputs differ from the reference's, if they do.
  private func mismatch(
    _ random: RandomGraph, _ seed: UInt64, _ graph: Graph, _ arguments: [[Double]]
  ) throws -> String? {
    let expected = graph.interpreted(arguments)
    let values = try run(graph, arguments, on: cpu)
    let nearby = graph.interpreted(random.nudged(seed, arguments, graph.inputTypes))
    for number in graph.outputs.indices {
      let type = graph.outputTypes[number]
      let tolerance = random.tolerance(type, expected[number], nearby[number])
      if let message = difference(values[number], from: expected[number], type, tolerance) {
        return "output \(number): \(message)"
      }
    }
    return nil
  }

  @Test func cpuGradientsAreTheReferences() throws {
    for seed in FuzzTests.seeds {
      let random = RandomGraph(seed: seed)
      guard random.graph.outputTypes[0].dtype.isFloat, let graph = gradientGraph(random.graph) else { continue }
      try graph.verify()
      let expected = graph.interpreted(random.arguments)
      guard expected.allSatisfy({ $0.allSatisfy { abs($0) < 1e4 } }) else { continue }
      let values = try run(graph, random.arguments, on: cpu)
      let nearby = graph.interpreted(random.nudged(seed, random.arguments, graph.inputTypes))
      for number in graph.outputs.indices {
        let type = graph.outputTypes[number]
        let tolerance = random.tolerance(type, expected[number], nearby[number], scale: 10)
        if let message = difference(values[number], from: expected[number], type, tolerance) {
          fail(seed, "gradient \(number): \(message)", random.graph)
          break
        }
      }
    }
  }

  /// Outputs that take over the memory of inputs are the same as others.
  @Test func donationsKeepMeaning() throws {
    for seed in FuzzTests.seeds where seed % 3 == 1 || FuzzTests.isSingle {
      let random = RandomGraph(seed: seed)
      var graph = random.graph
      var noise = Noise(seed: seed ^ 0x77)
      // Results of the inputs' types, so that there is something to take over.
      for (number, input) in graph.inputs.enumerated() {
        let type = graph.type(input)
        let fitting = graph.instructions.indices.filter { graph.type($0) == type && !graph.inputs.contains($0) }
        if let output = fitting.randomElement(using: &noise) ?? (number == 0 ? input : nil) {
          graph.outputs.append(output)
        }
      }
      var donations: [Donation] = []
      for (number, input) in graph.inputs.enumerated() {
        let free = graph.outputs.indices.filter { output in
          graph.outputTypes[output] == graph.type(input) && !donations.contains { $0.output == output }
        }
        if let output = free.randomElement(using: &noise) { donations.append(Donation(input: number, output: output)) }
      }
      let executable = try CPUBackend().compile(graph, donations: donations)
      let inputs = zip(random.arguments, graph.inputTypes).map { Tensor(exactly: $0, $1).buffer }
      let results = executable.run(inputs)
      let expected = try run(graph, random.arguments, on: cpu)
      for (number, type) in graph.outputTypes.enumerated() {
        let values = Tensor(Node(value: results[number], type: type)).doubles()
        if let message = difference(values, from: expected[number], type, .exact) {
          fail(seed, "output \(number) with \(executable.donations) of \(donations): \(message)", graph)
        }
      }
      for (number, type) in graph.inputTypes.enumerated()
      where !executable.donations.contains(where: { $0.input == number }) {
        let kept = Tensor(Node(value: inputs[number], type: type)).doubles()
        if let message = difference(kept, from: random.arguments[number], type, .exact) {
          fail(seed, "input \(number), which was not taken, is changed: \(message)", graph)
        }
      }
    }
  }

  /// Passes change how a graph is written, not what it gives.
  @Test func passesKeepMeaning() throws {
    let passes: [(String, (Graph) -> Graph)] = [
      ("simplifying", simplifying), ("removingDeadCode", removingDeadCode),
      ("swappingTransposedProducts", swappingTransposedProducts),
      ("inliningBlocks", { inliningBlocks($0) { _, _ in false } }),
      ("all", { swappingTransposedProducts(simplifying(inliningBlocks($0) { _, _ in false })) }),
    ]
    for seed in FuzzTests.seeds where seed % 2 == 0 || FuzzTests.isSingle {
      let random = RandomGraph(seed: seed)
      let expected = random.graph.interpreted(random.arguments)
      for (name, pass) in passes {
        let graph = pass(random.graph)
        do {
          try graph.verify()
        } catch {
          fail(seed, "\(name) writes a wrong graph: \(error)\n\(graph)", random.graph)
          continue
        }
        guard graph.inputTypes == random.graph.inputTypes, graph.outputTypes == random.graph.outputTypes else {
          fail(seed, "\(name) changes the graph's type", random.graph)
          continue
        }
        let values = graph.interpreted(random.arguments)
        for number in graph.outputs.indices {
          let type = graph.outputTypes[number]
          let tolerance = Tolerance(type.dtype, scale: RandomGraph.largest)
          if let message = difference(values[number], from: expected[number], type, tolerance) {
            fail(seed, "\(name), output \(number): \(message)\n\(graph)", random.graph)
          }
        }
      }
    }
  }

  /// Groups hold each instruction once, fuse elementwise ones of one shape with reductions of it, and follow what they
  /// read.
  @Test func fusionIsSound() {
    for seed in FuzzTests.seeds {
      let graph = simplifying(RandomGraph(seed: seed).graph)
      var noise = Noise(seed: ~seed)
      let leaves = graph.instructions.indices.filter { graph.instructions[$0].operands.isEmpty }
      let movable = graph.instructions.indices.filter { Primitive(graph.instructions[$0].op).movesOnly }
      let excluded = Set(leaves + movable.filter { _ in noise.chance(0.5) })
      let opaque = Set(graph.instructions.indices.filter { _ in noise.chance(0.1) })
      var reductions: [Int: ReductionExtents] = [:]
      for position in graph.instructions.indices where noise.chance(0.8) {
        guard case .reduce(_, let axes) = graph.instructions[position].op else { continue }
        reductions[position] = ReductionExtents(outer: 1, reduced: axes.count, inner: axes.first ?? 0)
      }
      let groups = fusionGroups(graph, excluding: excluded, opaque: opaque, reductions: reductions)
      let members = groups.flatMap(\.members)
      let wanted = graph.instructions.indices.filter { !excluded.contains($0) }
      guard members.sorted() == wanted else { return fail(seed, "groups hold \(members), not \(wanted)", graph) }
      var done = excluded
      for group in groups {
        if group.members.count > 1 || group.isFused {
          let summed = group.members.filter { reductions[$0] != nil }
          let elementwise = group.members.filter { !summed.contains($0) }
          let shapes = Set(
            elementwise.map { graph.type($0).shape }
              + summed.map { graph.type(graph.instructions[$0].operands[0]).shape })
          let isSound =
            group.members.allSatisfy { !opaque.contains($0) }
            && elementwise.allSatisfy { graph.instructions[$0].op.isElementwise }
            && elementwise.allSatisfy { Set(graph.instructions[$0].operands).isDisjoint(with: summed) }
          if shapes.count != 1 || !isSound || Set(summed.map { reductions[$0] }).count > 1 {
            fail(seed, "group \(group.members) cannot be fused", graph)
          }
        }
        // What a group reads through excluded instructions must have come before too.
        for outside in group.members.flatMap({ sources($0, graph, excluded) })
        where !group.members.contains(outside) && !done.contains(outside) {
          return fail(seed, "group \(group.members) comes before \(outside), which it reads", graph)
        }
        done.formUnion(group.members)
      }
    }
  }

  /// No two values that live at the same time share memory, and the arena is no larger than all of them.
  @Test func memoryPlanHasNoOverlap() {
    for seed in FuzzTests.seeds {
      var noise = Noise(seed: seed)
      let requests = (0..<noise.integer(0...60)).map { _ in
        let first = noise.integer(0...50)
        return MemoryRequest(
          byteCount: noise.chance(0.1) ? 0 : noise.integer(1...5000), first: first,
          last: first + noise.integer(0...(noise.chance(0.2) ? 50 : 5)))
      }
      let (offsets, size) = planMemory(requests)
      #expect(offsets.count == requests.count)
      for a in requests.indices where requests[a].byteCount > 0 {
        #expect(offsets[a] % 64 == 0 && offsets[a] >= 0 && offsets[a] + requests[a].byteCount <= size)
        for b in requests.indices where b < a && requests[b].byteCount > 0 {
          let meet = requests[a].first <= requests[b].last && requests[b].first <= requests[a].last
          let overlap =
            offsets[a] < offsets[b] + requests[b].byteCount && offsets[b] < offsets[a] + requests[a].byteCount
          #expect(!(meet && overlap), "APUS_FUZZ_SEED=\(seed): \(requests[a]) and \(requests[b]) overlap")
        }
      }
      #expect(size <= requests.reduce(0) { $0 + ($1.byteCount + 63) / 64 * 64 })
    }
  }

  private func sources(_ position: Int, _ graph: Graph, _ excluded: Set<Int>) -> [Int] {
    graph.instructions[position].operands.flatMap { operand in
      excluded.contains(operand) ? sources(operand, graph, excluded) : [operand]
    }
  }

  /// The gradients of the first output's sum in every floating-point input; nil where there is none.
  private func gradientGraph(_ graph: Graph) -> Graph? {
    let parameters = graph.inputTypes.map { Node.build(.parameter($0)) }
    let places = parameters.indices.filter { parameters[$0].dtype.isFloat }
    guard !places.isEmpty else { return nil }
    let (_, gradients) = valueAndGradient(at: places.map { Tensor(parameters[$0]) }) { variables in
      var operands = parameters
      for (place, variable) in zip(places, variables) { operands[place] = variable.node }
      return Tensor(graph.instantiate(on: operands)[0]).sum()
    }
    return Graph.capture(gradients.map(\.node), parameters: parameters).graph
  }
}

extension RandomGraph {
  /// The arguments with their floating-point elements changed in the last places.
  fileprivate func nudged(_ seed: UInt64, _ arguments: [[Double]], _ types: [TensorType]) -> [[Double]] {
    var noise = Noise(seed: seed ^ 0xABCD)
    return zip(arguments, types).map { values, type in
      guard type.dtype.isFloat else { return values }
      let size = type.dtype == .float64 ? 1e-13 : 8 * type.dtype.epsilon!
      return values.map { $0 * (1 + noise.uniform(-size...size)) }
    }
  }

  /// Rounding errors of the size of the values met, times what nearby arguments make of a difference.
  fileprivate func tolerance(
    _ type: TensorType, _ expected: [Double], _ nearby: [Double], scale: Double = 1
  ) -> Tolerance {
    guard type.dtype.isFloat else { return .exact }
    // Of the widest rounding on the way.
    let unit = (graph.instructions.map(\.type.dtype) + [type.dtype]).compactMap(\.epsilon).max()!
    let spread = zip(expected, nearby).map { abs($0 - $1) }.filter(\.isFinite).max() ?? 0
    let size = unit > 1e-4 ? max(1, expected.map(abs).filter(\.isFinite).max() ?? 0) : 6 * RandomGraph.largest
    return Tolerance(absolute: scale * 4 * unit * size + 20 * spread, relative: 800 * min(unit, 1e-4))
  }
}

extension Primitive {
  /// Whether a backend may make a mere view of it.
  fileprivate var movesOnly: Bool {
    switch self {
    case .broadcastInDim, .reshape, .transpose, .slice, .reverse, .identity, .stopGradient: true
    default: false
    }
  }
}
