import ApusCore

/// A loop's body made ready for its gradient.
///
/// The forward body gives, besides its results, the values that the backward body will ask for (residuals), stacked
/// over the steps.
struct LinearizedBody {
  /// The body with its residuals as further stacked results.
  let forward: Graph
  /// From the carries' cotangents and the constants' gradients so far, one element of the stacked results' cotangents,
  /// of the residuals and of the sequences, and the constants, to the carries and one element of the sequences'
  /// cotangents.
  let backward: Graph
  let residualTypes: [TensorType]
  /// Which carries, sequences, constants and stacked results are floating point, the only ones with cotangents.
  let carries: [Int]
  let sequences: [Int]
  let constants: [Int]
  let stacked: [Int]

  init(_ scan: Scan) {
    let body = scan.body.graph
    let types = body.inputTypes
    func floats(_ range: Range<Int>) -> [Int] {
      range.filter { types[$0].dtype.isFloat }.map { $0 - range.lowerBound }
    }
    let (carryCount, firstConstant) = (scan.carryCount, scan.carryCount + scan.sequenceCount)
    carries = floats(0..<carryCount)
    sequences = floats(carryCount..<firstConstant)
    constants = floats(firstConstant..<types.count)
    stacked = (0..<scan.stackedCount).filter { body.outputTypes[carryCount + $0].dtype.isFloat }

    // Forward and backward in one graph, on parameters.
    let scope = TraceScope(parent: nil)
    defer { scope.close() }
    let parameters = types.map { Node.build(.parameter($0)) }
    let variables = parameters.map { Node.variable($0, in: scope) }
    let results = body.instantiate(on: variables)
    let differentiable = carries + stacked.map { carryCount + $0 }
    let cotangents = differentiable.map { Node.build(.parameter(results[$0].type)) }
    let targets = carries + sequences.map { carryCount + $0 } + constants.map { firstConstant + $0 }
    let gradients = zip(
      targets,
      vectorJacobianProduct(
        of: differentiable.map { results[$0] }, cotangents: cotangents, withRespectTo: targets.map { variables[$0] })
    ).map { $1 ?? .filled(0, types[$0]) }

    // Cut where the backward part meets the forward part.
    let isConstant = Set(
      (firstConstant..<types.count).flatMap { [parameters[$0], variables[$0]] }.map(ObjectIdentifier.init))
    let available = Set(
      (carryCount..<firstConstant).flatMap { [parameters[$0], variables[$0]] }.map(ObjectIdentifier.init))
    var cut = Cut(cotangents: cotangents, kept: isConstant.union(available))
    let residuals =
      scan.savesResiduals
      ? cut.residuals(of: gradients) : (0..<carryCount).map { parameters[$0] }
    residualTypes = residuals.map(\.type)
    forward = Graph.capture(results + residuals, parameters: parameters).graph

    let sums = constants.map { Node.build(.parameter(types[firstConstant + $0])) }
    let first = Array(gradients[..<carries.count])
    let elements = Array(gradients[carries.count..<(carries.count + sequences.count)])
    let accumulated = zip(sums, gradients[(carries.count + sequences.count)...]).map { $0 + $1 }
    let inputs =
      Array(cotangents[..<carries.count]) + sums + Array(cotangents[carries.count...]) + residuals
      + Array(parameters[carryCount...])
    backward = Graph.capture(first + accumulated + elements, parameters: inputs).graph
  }
}

/// Finds where a gradient's graph takes over values of the forward computation.
private struct Cut {
  private var depends: [ObjectIdentifier: Bool] = [:]
  private let kept: Set<ObjectIdentifier>
  private var found: [Node] = []
  private var seen: Set<ObjectIdentifier> = []

  init(cotangents: [Node], kept: Set<ObjectIdentifier>) {
    self.kept = kept
    for cotangent in cotangents { depends[ObjectIdentifier(cotangent)] = true }
  }

  mutating func residuals(of roots: [Node]) -> [Node] {
    for root in roots { classify(root) }
    for root in roots { visit(root) }
    return found
  }

  /// Notes of every node below whether it descends from a cotangent.
  private mutating func classify(_ root: Node) {
    var stack: [(Node, Bool)] = [(root, false)]
    while let (node, isDone) = stack.popLast() {
      let id = ObjectIdentifier(node)
      if isDone {
        depends[id] = node.operands.contains { depends[ObjectIdentifier($0)]! }
        continue
      }
      if depends[id] != nil { continue }
      stack.append((node, true))
      for operand in node.operands where depends[ObjectIdentifier(operand)] == nil { stack.append((operand, false)) }
    }
  }

  private mutating func visit(_ root: Node) {
    var stack = [root]
    while let node = stack.popLast() {
      let id = ObjectIdentifier(node)
      guard seen.insert(id).inserted, !kept.contains(id) else { continue }
      if depends[id]! || isCheap(node.op) {
        stack += node.operands
      } else {
        found.append(node)
      }
    }
  }

  /// Whether it is sooner done again than kept.
  private func isCheap(_ op: Op) -> Bool {
    switch op {
    case .constant, .iota, .identity, .stopGradient, .broadcastInDim, .reshape, .transpose: true
    default: false
    }
  }
}
