import ApusCore

/// A loop's body made ready for its gradient.
///
/// The forward body gives, besides its results, the values that the backward body will ask for (residuals), stacked
/// over the steps.
struct LinearizedBody {
  /// The body with its residuals as further stacked results.
  let forward: Graph
  /// From the carries' cotangents and the sums so far, one element of the stacked results' cotangents, of the residuals
  /// and of the sequences, and the constants, to the carries, the sums, and one element of the sequences' cotangents and
  /// of the factors of products.
  let backward: Graph
  let residualTypes: [TensorType]
  /// Which carries, sequences and stacked results are floating point, the only ones with cotangents.
  let carries: [Int]
  let sequences: [Int]
  let stacked: [Int]
  /// The constants whose gradients are added up step by step.
  let summed: [Int]
  /// The constants whose gradients are sums of products: one product over all steps, after the loop, does them.
  let products: [(constant: Int, terms: [StepProduct])]

  init(_ scan: Scan) {
    let joint = JointBody(scan)
    let (carryCount, firstConstant) = (scan.carryCount, scan.carryCount + scan.sequenceCount)
    (carries, sequences, stacked) = (joint.carries, joint.sequences, joint.stacked)

    // Gradients of constants that are products of what each step has. Where memory matters more than time, nothing is
    // kept for later.
    var factors: [Int: [StepFactors]] = [:]
    if scan.savesResiduals {
      for (constant, gradient) in joint.constantGradients { factors[constant] = joint.factors(of: gradient) }
    }
    let added = joint.constantGradients.filter { factors[$0.constant] == nil }
    summed = added.map(\.constant)

    // Cut where the backward part meets the forward part. A loop is linearised once for each of its passes, and both have
    // to list the same residuals in the same order, which a dictionary's is not.
    let parameters = joint.parameters
    let elements = joint.carryGradients + joint.sequenceGradients
    let ordered = factors.sorted { $0.key < $1.key }
    let factorRoots = ordered.flatMap { $0.value.flatMap { [$0.left, $0.right] } }
    let roots = elements + added.map(\.gradient) + factorRoots
    let residuals = scan.savesResiduals ? joint.residuals(of: roots) : Array(parameters[..<carryCount])
    residualTypes = residuals.map(\.type)
    forward = Graph.capture(joint.results + residuals, parameters: parameters).graph

    var places = FactorPlaces(residuals: residuals, sequences: Array(parameters[carryCount..<firstConstant]))
    products = ordered.map { constant, terms in
      (
        constant,
        terms.map { term in
          StepProduct(
            dimensions: term.dimensions, left: places.place(of: term.left), right: places.place(of: term.right),
            permutations: term.permutations)
        }
      )
    }

    let sums = added.map { Node.build(.parameter($0.gradient.type)) }
    let accumulated = zip(sums, added).map { $0 + $1.gradient }
    let inputs =
      Array(joint.cotangents[..<carries.count]) + sums + Array(joint.cotangents[carries.count...]) + residuals
      + Array(parameters[carryCount...])
    backward =
      Graph.capture(
        joint.carryGradients + accumulated + joint.sequenceGradients + places.stacked, parameters: inputs
      ).graph
  }
}

/// Forward and backward pass of a loop's body in one graph, on parameters.
private struct JointBody {
  let parameters: [Node]
  let results: [Node]
  /// Of the floating-point carries and stacked results.
  let cotangents: [Node]
  let carries: [Int]
  let sequences: [Int]
  let stacked: [Int]
  let carryGradients: [Node]
  let sequenceGradients: [Node]
  let constantGradients: [(constant: Int, gradient: Node)]
  private let carryCount: Int
  private let firstConstant: Int

  init(_ scan: Scan) {
    let body = scan.body.graph
    let types = body.inputTypes
    func floats(_ range: Range<Int>) -> [Int] {
      range.filter { types[$0].dtype.isFloat }.map { $0 - range.lowerBound }
    }
    let (carryCount, firstConstant) = (scan.carryCount, scan.carryCount + scan.sequenceCount)
    (self.carryCount, self.firstConstant) = (carryCount, firstConstant)
    carries = floats(0..<carryCount)
    sequences = floats(carryCount..<firstConstant)
    let constants = floats(firstConstant..<types.count)
    stacked = (0..<scan.stackedCount).filter { body.outputTypes[carryCount + $0].dtype.isFloat }

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
    (self.parameters, self.results, self.cotangents) = (parameters, results, cotangents)
    carryGradients = Array(gradients[..<carries.count])
    sequenceGradients = Array(gradients[carries.count..<(carries.count + sequences.count)])
    constantGradients = zip(constants, gradients[(carries.count + sequences.count)...]).map { ($0, $1) }
  }

  func residuals(of roots: [Node]) -> [Node] {
    // Sequences and constants are there anyway. A variable is looked through to its parameter.
    var cut = Cut(cotangents: cotangents, kept: Set(parameters[carryCount...].map(ObjectIdentifier.init)))
    return cut.residuals(of: roots)
  }

  /// A gradient as a sum of products of what each step has; nil if it is something else.
  func factors(of gradient: Node) -> [StepFactors]? {
    guard let terms = terms(gradient), terms.count <= 8 else { return nil }
    let constants = Set(parameters[firstConstant...].map(ObjectIdentifier.init))
    let isOfSteps = terms.allSatisfy { term in
      [term.left, term.right].allSatisfy { !constants.contains(ObjectIdentifier(origin($0))) }
    }
    return isOfSteps ? terms : nil
  }

  private func terms(_ node: Node) -> [StepFactors]? {
    let operands = node.operands
    switch node.op {
    case .identity: return terms(operands[0])
    case .binary(.add):
      guard let left = terms(operands[0]), let right = terms(operands[1]) else { return nil }
      return left + right
    case .transpose(let permutation):
      return terms(operands[0])?.map { term in
        var turned = term
        turned.permutations.append(permutation)
        return turned
      }
    case .dotGeneral(let dimensions):
      return [StepFactors(dimensions: dimensions, left: operands[0], right: operands[1], permutations: [])]
    default: return nil
    }
  }
}

/// What a variable stands for.
private func origin(_ node: Node) -> Node {
  var node = node
  while case .identity = node.op { node = node.operands[0] }
  return node
}

/// One product of a step, whose axes are then permuted.
private struct StepFactors {
  let dimensions: DotDimensions
  let left: Node
  let right: Node
  var permutations: [[Int]]
}

/// A sum of products over all steps as one product of stacked factors.
struct StepProduct {
  /// Where a stacked factor is found.
  enum Place {
    case residual(Int)
    case sequence(Int)
    /// Among what the backward loop stacks after the sequences' cotangents.
    case stacked(Int)
  }

  let dimensions: DotDimensions
  let left: Place
  let right: Place
  let permutations: [[Int]]

  /// The sum over the steps, which are the first axis of both factors.
  func sum(_ left: Node, _ right: Node) -> Node {
    let over = DotDimensions(
      leftBatch: dimensions.leftBatch.map { $0 + 1 }, rightBatch: dimensions.rightBatch.map { $0 + 1 },
      leftContracting: [0] + dimensions.leftContracting.map { $0 + 1 },
      rightContracting: [0] + dimensions.rightContracting.map { $0 + 1 })
    return permutations.reduce(.build(.dotGeneral(over), left, right)) { $0.transpose($1) }
  }
}

/// Finds the factors of products among what is stacked anyway, and lists the others.
private struct FactorPlaces {
  let residuals: [Node]
  let sequences: [Node]
  private(set) var stacked: [Node] = []

  init(residuals: [Node], sequences: [Node]) {
    self.residuals = residuals
    self.sequences = sequences
  }

  mutating func place(of factor: Node) -> StepProduct.Place {
    let node = origin(factor)
    if let place = residuals.firstIndex(where: { $0 === node }) { return .residual(place) }
    if let place = sequences.firstIndex(where: { $0 === node }) { return .sequence(place) }
    if let place = stacked.firstIndex(where: { $0 === node }) { return .stacked(place) }
    stacked.append(node)
    return .stacked(stacked.count - 1)
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
