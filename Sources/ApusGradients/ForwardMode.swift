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
  if case .whileLoop(let loop) = node.op { return whileTangents(loop, operands, tangents) }
  let isActive = zip(operands, tangents).map { $1 != nil && $0.dtype.isFloat }
  guard isActive.contains(true), node.types.contains(where: \.dtype.isFloat) else { return node.types.map { _ in nil } }
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

/// The loop with the carries' tangents carried along.
private func whileTangents(_ loop: While, _ operands: [Node], _ tangents: [Node?]) -> [Node?] {
  guard zip(operands, tangents).contains(where: { $0.dtype.isFloat && $1 != nil }) else {
    return operands.prefix(loop.carryCount).map { _ in nil }
  }
  let floats = (0..<loop.carryCount).filter { operands[$0].dtype.isFloat }
  let parameters = operands.map { Node.build(.parameter($0.type)) }
  let carried = floats.map { Node.build(.parameter(operands[$0].type)) }
  let constants = (loop.carryCount..<operands.count).filter { tangents[$0] != nil }
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
