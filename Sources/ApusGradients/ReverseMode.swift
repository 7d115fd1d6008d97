import ApusCore

/// The vector–Jacobian product of `output`: the gradient of each target, given the gradient of the output.
///
/// Nothing is computed here: the gradient is more graph, written in the same primitives, so it can be differentiated
/// again. A target that the output does not depend on has a nil gradient.
public func vectorJacobianProduct(of outputs: [Node], cotangents: [Node], withRespectTo targets: [Node]) -> [Node?] {
  let wanted = Set(targets.map(ObjectIdentifier.init))
  let (order, relevant) = ancestors(of: outputs, wanted: wanted)
  var gradients: [ObjectIdentifier: [Node?]] = [:]

  func accumulate(_ gradient: Node, into node: Node, result: Int = 0) {
    guard relevant.contains(ObjectIdentifier(node)) else { return }
    precondition(gradient.type == node.types[result])
    var slots = gradients[ObjectIdentifier(node)] ?? Array(repeating: nil, count: node.types.count)
    slots[result] = slots[result].map { $0 + gradient } ?? gradient
    gradients[ObjectIdentifier(node)] = slots
  }

  for (output, cotangent) in zip(outputs, cotangents) { accumulate(cotangent, into: output) }
  for node in order.reversed() {
    // A target's own operands are beyond the variable: nothing flows past it.
    guard !wanted.contains(ObjectIdentifier(node)), let slots = gradients[ObjectIdentifier(node)] else { continue }
    let operands = node.operands
    if case .output(let index) = node.op {
      accumulate(slots[0]!, into: operands[0], result: index)
      continue
    }
    let isActive = operands.map { relevant.contains(ObjectIdentifier($0)) }
    let contributions = operandGradients(of: node, operands: operands, cotangents: slots, isActive: isActive)
    for (operand, contribution) in zip(operands, contributions) where operand.dtype.isFloat {
      if let contribution { accumulate(contribution, into: operand) }
    }
  }
  return targets.map { gradients[ObjectIdentifier($0)]?[0] }
}

/// The nodes at and below `outputs` that lead to a wanted one, each after its operands.
private func ancestors(of outputs: [Node], wanted: Set<ObjectIdentifier>) -> ([Node], Set<ObjectIdentifier>) {
  var order: [Node] = []
  var visited: Set<ObjectIdentifier> = []
  var relevant: Set<ObjectIdentifier> = []
  var stack: [(node: Node, operands: [Node]?)] = outputs.map { ($0, nil) }
  while let (node, known) = stack.popLast() {
    let id = ObjectIdentifier(node)
    if let operands = known {
      if operands.contains(where: { relevant.contains(ObjectIdentifier($0)) }) {
        relevant.insert(id)
        order.append(node)
      }
      continue
    }
    guard visited.insert(id).inserted else { continue }
    if wanted.contains(id) {
      relevant.insert(id)
      order.append(node)
      continue
    }
    // What no variable leads to has no gradient, and its operands may be gone.
    guard node.isTracked, node.types.contains(where: \.dtype.isFloat) else { continue }
    if case .stopGradient = node.op { continue }
    let operands = node.operands
    stack.append((node, operands))
    for operand in operands where !visited.contains(ObjectIdentifier(operand)) { stack.append((operand, nil)) }
  }
  return (order, relevant)
}
