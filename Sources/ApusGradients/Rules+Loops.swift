import ApusCore

/// The results of a scan. Where a transform may ask for its gradient, what that needs is kept from the start, so that
/// the loop does not run twice.
public func scanResults(_ scan: Scan, _ operands: [Node]) -> [Node] {
  let count = scan.carryCount + scan.stackedCount
  var scan = scan
  // A `while` loop inside may have no gradient, which is a mistake only if one is asked for.
  let isDifferentiated = operands.contains { $0.isTracked && $0.dtype.isFloat }
  if isDifferentiated, scan.length > 0, !scan.body.graph.hasWhileLoop {
    let linear = LinearizedBody(scan)
    scan.body = Subgraph(linear.forward)
    scan.residualCount = linear.residualTypes.count
  }
  let node = Node.build(.scan(scan), operands)
  return (0..<count).map { node.output($0) }
}

/// The backward loop runs the other way and carries the carries' cotangents and the constants' gradients.
func scanGradients(_ scan: Scan, node: Node, operands: [Node], cotangents: [Node?]) -> [Node?] {
  let (carryCount, sequenceCount) = (scan.carryCount, scan.sequenceCount)
  var primary = scan
  var results = node
  let primaryCount = carryCount + scan.stackedCount - scan.residualCount
  if scan.residualCount > 0, cotangents[primaryCount...].allSatisfy({ $0 == nil }) {
    // The residuals are there: the loop was built with them.
    primary = scan.withoutResiduals()
  } else {
    primary.residualCount = 0
    let linear = LinearizedBody(primary)
    var forward = primary
    forward.body = Subgraph(linear.forward)
    forward.residualCount = linear.residualTypes.count
    results = .build(.scan(forward), operands)
  }
  guard scan.length > 0 else {
    return operands.indices.map { $0 < carryCount ? cotangents[$0] : nil }
  }
  let linear = LinearizedBody(primary)
  let firstResidual = carryCount + primary.stackedCount
  let residuals = linear.residualTypes.indices.map { results.output(firstResidual + $0) }
  func cotangent(_ index: Int) -> Node { cotangents[index] ?? .filled(0, node.types[index]) }
  let firstConstant = carryCount + sequenceCount
  let start =
    linear.carries.map { cotangent($0) } + linear.summed.map { Node.filled(0, operands[firstConstant + $0].type) }
  let sequences =
    linear.stacked.map { cotangent(carryCount + $0) } + residuals + Array(operands[carryCount..<firstConstant])
  let backward = Scan(
    body: linear.backward, carryCount: start.count, sequenceCount: sequences.count, length: scan.length,
    isReversed: !scan.isReversed, savesResiduals: scan.savesResiduals)
  let gradients = scanResults(backward, start + sequences + Array(operands[firstConstant...]))

  var result = [Node?](repeating: nil, count: operands.count)
  for (place, carry) in linear.carries.enumerated() { result[carry] = gradients[place] }
  for (place, constant) in linear.summed.enumerated() {
    result[firstConstant + constant] = gradients[linear.carries.count + place]
  }
  for (place, sequence) in linear.sequences.enumerated() {
    result[carryCount + sequence] = gradients[start.count + place]
  }
  for (constant, terms) in linear.products {
    func factor(_ place: StepProduct.Place) -> Node {
      switch place {
      case .residual(let index): residuals[index]
      case .sequence(let index): operands[carryCount + index]
      case .stacked(let index): gradients[start.count + linear.sequences.count + index]
      }
    }
    let sums = terms.map { $0.sum(factor($0.left), factor($0.right)) }
    result[firstConstant + constant] = sums.dropFirst().reduce(sums[0], +)
  }
  return result
}

extension Scan {
  /// The loop as it was before residuals were added to its results.
  fileprivate func withoutResiduals() -> Scan {
    var body = self.body.graph
    body.outputs.removeLast(residualCount)
    var copy = self
    copy.body = Subgraph(body)
    copy.residualCount = 0
    return copy
  }
}

/// The gradient of the branch that was taken, by the same condition.
func conditionalGradients(_ branches: Conditional, operands: [Node], cotangents: [Node?]) -> [Node?] {
  let arguments = Array(operands.dropFirst())
  let resultTypes = branches.whenTrue.outputTypes
  let floats = resultTypes.indices.filter { resultTypes[$0].dtype.isFloat }
  let targets = arguments.indices.filter { arguments[$0].dtype.isFloat }
  func backward(_ branch: Graph) -> Graph {
    let scope = TraceScope(parent: nil)
    defer { scope.close() }
    let parameters = arguments.map { Node.build(.parameter($0.type)) }
    let variables = parameters.map { Node.variable($0, in: scope) }
    let results = branch.instantiate(on: variables)
    let seeds = floats.map { Node.build(.parameter(resultTypes[$0])) }
    let gradients = vectorJacobianProduct(
      of: floats.map { results[$0] }, cotangents: seeds, withRespectTo: targets.map { variables[$0] })
    let filled = zip(targets, gradients).map { $1 ?? .filled(0, arguments[$0].type) }
    return Graph.capture(filled, parameters: parameters + seeds).graph
  }
  let node = Node.build(
    .conditional(
      Conditional(whenTrue: backward(branches.whenTrue.graph), whenFalse: backward(branches.whenFalse.graph))),
    operands + floats.map { cotangents[$0] ?? .filled(0, resultTypes[$0]) })
  var result = [Node?](repeating: nil, count: operands.count)
  for (place, target) in targets.enumerated() { result[target + 1] = node.output(place) }
  return result
}
