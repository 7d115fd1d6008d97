import ApusCore

/// The Jacobian–vector product: how each output changes when the variables move along their tangents; nil where it
/// does not depend on them.
///
/// Tangents go forward with the values, nothing is kept for later. Each primitive's rule is the transpose of its
/// vector–Jacobian rule, which is linear in the cotangent.
public func jacobianVectorProduct(of outputs: [Node], variables: [Node], tangents: [Node]) -> [Node?] {
  var known: [ObjectIdentifier: [Node?]] = [:]
  for (variable, tangent) in zip(variables, tangents) { known[ObjectIdentifier(variable)] = [tangent] }
  for node in leadingTo(outputs, from: Set(variables.map(ObjectIdentifier.init))) {
    let id = ObjectIdentifier(node)
    if known[id] != nil { continue }
    let operands = node.operands
    if case .output(let index) = node.op {
      known[id] = [known[ObjectIdentifier(operands[0])]![index]]
      continue
    }
    known[id] = pushed(node, operands, operands.map { known[ObjectIdentifier($0)]?[0] ?? nil })
  }
  return outputs.map { known[ObjectIdentifier($0)]?[0] ?? nil }
}

/// The tangents of a node's results given its operands'.
private func pushed(_ node: Node, _ operands: [Node], _ tangents: [Node?]) -> [Node?] {
  if case .stopGradient = node.op { return [nil] }
  let isActive = zip(operands, tangents).map { $1 != nil && $0.dtype.isFloat }
  guard isActive.contains(true), node.types.contains(where: \.dtype.isFloat) else { return node.types.map { _ in nil } }
  switch node.op {
  case .whileLoop(let loop): return whileTangents(loop, operands, tangents)
  // A `while` loop inside has no reverse rule that could be transposed.
  case .scan(let scan) where scan.body.graph.hasWhileLoop: return scanTangents(scan, operands, tangents)
  case .conditional(let branches)
  where branches.whenTrue.graph.hasWhileLoop || branches.whenFalse.graph.hasWhileLoop:
    return conditionalTangents(branches, operands, tangents)
  case .block(let block):
    if let checkpoint = block.block as? Checkpoint, checkpoint.function.graph.hasWhileLoop {
      return tangentsThroughBody(of: checkpoint, node, operands, tangents)
    }
  default: break
  }
  let scope = TraceScope(parent: node.scope)
  defer { scope.close() }
  let cotangents = node.types.map { $0.dtype.isFloat ? Node.variable(.filled(0, $0), in: scope) : nil }
  let pulled = operandGradients(of: node, operands: operands, cotangents: cotangents, isActive: isActive)
  let pairs = zip(pulled, tangents).enumerated().compactMap { index, pair in
    isActive[index] ? pair.0.map { ($0, pair.1!) } : nil
  }
  let seeds = cotangents.compactMap { $0 }
  guard !pairs.isEmpty else { return node.types.map { _ in nil } }
  var results = vectorJacobianProduct(of: pairs.map(\.0), cotangents: pairs.map(\.1), withRespectTo: seeds)
    .makeIterator()
  return cotangents.map { $0 == nil ? nil : results.next()! }
}

/// The block's body in its place.
private func tangentsThroughBody(
  of block: any Block, _ node: Node, _ operands: [Node], _ tangents: [Node?]
) -> [Node?] {
  let scope = TraceScope(parent: node.scope)
  defer { scope.close() }
  let variables = operands.map { Node.variable($0, in: scope) }
  let moving = operands.indices.filter { tangents[$0] != nil }
  return jacobianVectorProduct(
    of: block.body(variables), variables: moving.map { variables[$0] }, tangents: moving.map { tangents[$0]! })
}

/// A graph's results on parameters, and the tangents of those that are floating point given the tangents of some
/// parameters.
private struct PushedGraph {
  let parameters: [Node]
  let seeds: [Node]
  let results: [Node]
  /// Which results are floating point, and their tangents.
  let floats: [Int]
  let tangents: [Node]

  init(_ graph: Graph, moving: [Int]) {
    let scope = TraceScope(parent: nil)
    defer { scope.close() }
    parameters = graph.inputTypes.map { Node.build(.parameter($0)) }
    seeds = moving.map { Node.build(.parameter(graph.inputTypes[$0])) }
    let variables = parameters.map { Node.variable($0, in: scope) }
    let results = graph.instantiate(on: variables)
    let floats = results.indices.filter { results[$0].dtype.isFloat }
    let moved = jacobianVectorProduct(
      of: floats.map { results[$0] }, variables: moving.map { variables[$0] }, tangents: seeds)
    tangents = zip(floats, moved).map { $1 ?? .filled(0, results[$0].type) }
    self.results = results
    self.floats = floats
  }
}

/// The loop with the carries' tangents carried and the others' taken along.
private func scanTangents(_ scan: Scan, _ operands: [Node], _ tangents: [Node?]) -> [Node?] {
  let (carryCount, firstConstant) = (scan.carryCount, scan.carryCount + scan.sequenceCount)
  func moving(_ range: Range<Int>) -> [Int] { range.filter { tangents[$0] != nil && operands[$0].dtype.isFloat } }
  let carries = (0..<carryCount).filter { operands[$0].dtype.isFloat }
  let (sequences, constants) = (moving(carryCount..<firstConstant), moving(firstConstant..<operands.count))
  let pushed = PushedGraph(scan.body.graph, moving: carries + sequences + constants)
  let firstSeed = carries.count + sequences.count

  /// Each kind of operand followed by its tangents.
  func joined(_ operands: [Node], _ tangents: [Node]) -> [Node] {
    Array(operands[..<carryCount]) + Array(tangents[..<carries.count])
      + Array(operands[carryCount..<firstConstant]) + Array(tangents[carries.count..<firstSeed])
      + Array(operands[firstConstant...]) + Array(tangents[firstSeed...])
  }
  let results =
    Array(pushed.results[..<carryCount]) + Array(pushed.tangents[..<carries.count])
    + Array(pushed.results[carryCount...]) + Array(pushed.tangents[carries.count...])
  let wide = Scan(
    body: Graph.capture(results, parameters: joined(pushed.parameters, pushed.seeds)).graph,
    carryCount: carryCount + carries.count, sequenceCount: scan.sequenceCount + sequences.count,
    length: scan.length, isReversed: scan.isReversed, savesResiduals: scan.savesResiduals)
  let start = (carries + sequences + constants).map { tangents[$0] ?? .filled(0, operands[$0].type) }
  let moved = scanResults(wide, joined(operands, start))
  var result = [Node?](repeating: nil, count: pushed.results.count)
  for (place, index) in pushed.floats.enumerated() {
    let isCarry = index < carryCount
    result[index] = moved[isCarry ? carryCount + place : pushed.results.count + place]
  }
  return result
}

/// The branches with the tangents of their results.
private func conditionalTangents(_ branches: Conditional, _ operands: [Node], _ tangents: [Node?]) -> [Node?] {
  let arguments = operands.indices.dropFirst()
  let moving = arguments.filter { tangents[$0] != nil && operands[$0].dtype.isFloat }
  func wide(_ branch: Graph) -> Graph {
    let pushed = PushedGraph(branch, moving: moving.map { $0 - 1 })
    return Graph.capture(pushed.tangents, parameters: pushed.parameters + pushed.seeds).graph
  }
  let node = Node.build(
    .conditional(Conditional(whenTrue: wide(branches.whenTrue.graph), whenFalse: wide(branches.whenFalse.graph))),
    operands + moving.map { tangents[$0]! })
  let types = branches.whenTrue.outputTypes
  var places = 0
  return types.map { type in
    guard type.dtype.isFloat else { return nil }
    defer { places += 1 }
    return node.output(places)
  }
}

extension Graph {
  /// Whether there is a `while` loop in the graph or in those inside of it.
  var hasWhileLoop: Bool {
    instructions.contains { instruction in
      switch instruction.op {
      case .whileLoop: true
      case .block(let block): (block.block as? Checkpoint)?.function.graph.hasWhileLoop ?? false
      default: instruction.op.subgraphs.contains { $0.1.hasWhileLoop }
      }
    }
  }
}

/// The loop with the carries' tangents carried along.
private func whileTangents(_ loop: While, _ operands: [Node], _ tangents: [Node?]) -> [Node?] {
  let floats = (0..<loop.carryCount).filter { operands[$0].dtype.isFloat }
  let parameters = operands.map { Node.build(.parameter($0.type)) }
  let carried = floats.map { Node.build(.parameter(operands[$0].type)) }
  let constants = (loop.carryCount..<operands.count).filter { tangents[$0] != nil && operands[$0].dtype.isFloat }
  let constantTangents = constants.map { Node.build(.parameter(operands[$0].type)) }
  let scope = TraceScope(parent: nil)
  defer { scope.close() }
  let variables = parameters.map { Node.variable($0, in: scope) }
  let next = loop.body.graph.instantiate(on: variables)
  let moving = floats + constants
  let moved = jacobianVectorProduct(
    of: floats.map { next[$0] }, variables: moving.map { variables[$0] }, tangents: carried + constantTangents)
  let nextTangents = zip(floats, moved).map { $1 ?? .filled(0, operands[$0].type) }
  let all = Array(parameters[..<loop.carryCount]) + carried + Array(parameters[loop.carryCount...]) + constantTangents
  let goesOn = loop.condition.graph.instantiate(on: parameters)
  let wide = While(
    condition: Graph.capture(goesOn, parameters: all).graph,
    body: Graph.capture(next + nextTangents, parameters: all).graph)
  let start = floats.map { tangents[$0] ?? .filled(0, operands[$0].type) }
  let node = Node.build(
    .whileLoop(wide),
    Array(operands[..<loop.carryCount]) + start + Array(operands[loop.carryCount...])
      + constants.map { tangents[$0]! })
  var result = [Node?](repeating: nil, count: loop.carryCount)
  for (place, carry) in floats.enumerated() { result[carry] = node.output(loop.carryCount + place) }
  return result
}

/// The nodes between the variables and the outputs, each after its operands.
private func leadingTo(_ outputs: [Node], from variables: Set<ObjectIdentifier>) -> [Node] {
  var order: [Node] = []
  var leads: [ObjectIdentifier: Bool] = [:]
  var stack: [(node: Node, operands: [Node]?)] = outputs.map { ($0, nil) }
  while let (node, known) = stack.popLast() {
    let id = ObjectIdentifier(node)
    if let operands = known {
      let isLeading = operands.contains { leads[ObjectIdentifier($0)] ?? false }
      leads[id] = isLeading
      if isLeading { order.append(node) }
      continue
    }
    if leads[id] != nil { continue }
    if variables.contains(id) {
      leads[id] = true
      continue
    }
    guard node.isTracked else {
      leads[id] = false
      continue
    }
    let operands = node.operands
    stack.append((node, operands))
    for operand in operands where leads[ObjectIdentifier(operand)] == nil { stack.append((operand, nil)) }
  }
  return order
}
