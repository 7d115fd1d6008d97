import ApusCompiler
import ApusCore

/// The graph with products that do scale, bias, residual and activation while their result is hot.
func fusingEpilogues(_ source: Graph) -> Graph {
  var search = EpilogueSearch(source)
  search.find()
  if search.found.isEmpty { return source }
  return search.rewritten()
}

extension Graph.Instruction {
  /// The product with a packed matrix that the instruction is, if it is one.
  fileprivate var product: FusedProduct? {
    if case .block(let block) = op { block.block as? FusedProduct } else { nil }
  }
}

extension FusedProduct {
  /// Whether the kernel can show what it had before the activation.
  fileprivate var hasTwoResults: Bool { if case .convolution = product { false } else { true } }
}

private struct EpilogueSearch {
  struct Found {
    let product: Int
    var fused: FusedProduct
    /// What the fused product reads besides the product's operands: vectors, and the residual.
    var scale: Int?
    var bias: Int?
    var residual: Int?
    /// The last value before the activation, and the value that takes the place of all.
    var preactivation: Int
    var root: Int
  }

  let graph: Graph
  private let users: [[Int]]
  private let outputs: Set<Int>
  private(set) var found: [Found] = []
  /// Instructions that are done as part of a product.
  private var absorbed: Set<Int> = []

  init(_ graph: Graph) {
    self.graph = graph
    outputs = Set(graph.outputs)
    var users = [[Int]](repeating: [], count: graph.instructions.count)
    for (position, instruction) in graph.instructions.enumerated() {
      for operand in instruction.operands { users[operand].append(position) }
    }
    self.users = users
  }

  mutating func find() {
    for (product, instruction) in graph.instructions.enumerated() {
      // Whether the last axis of the result is the columns of the product: only then is a vector over it one by column.
      let endsInColumns: Bool
      let fused = instruction.product ?? FusedProduct(instruction.op)
      switch fused.product {
      case .dotGeneral(let dimensions):
        let right = fused.packed ?? graph.type(instruction.operands[1])
        endsInColumns = dimensions.rightFree(rank: right.shape.rank).count == 1
      case .convolution(let dimensions):
        if ConvolutionLayout(dimensions) != .forward { continue }
        endsInColumns = true
      default: continue
      }
      guard instruction.type.dtype == .float32 else { continue }
      if let found = follow(product, fused, endsInColumns: endsInColumns) { self.found.append(found) }
    }
  }

  /// What follows a product, one step after the other.
  private mutating func follow(_ product: Int, _ fused: FusedProduct, endsInColumns: Bool) -> Found? {
    var found = Found(product: product, fused: fused, preactivation: product, root: product)
    func next() -> (position: Int, other: Int, op: Op)? {
      guard users[found.root].count == 1, !outputs.contains(found.root) else { return nil }
      let user = users[found.root][0]
      if absorbed.contains(user) { return nil }
      let instruction = graph.instructions[user]
      return (user, instruction.operands.first { $0 != found.root } ?? found.root, instruction.op)
    }
    func take(_ position: Int) {
      absorbed.insert(found.root)
      found.root = position
    }

    if endsInColumns, let step = next(), step.op == .binary(.multiply),
      let scale = vector(step.other)
    {
      (found.scale, found.fused.hasScale) = (scale, true)
      take(step.position)
    }
    if endsInColumns, let step = next(), step.op == .binary(.add), let bias = vector(step.other) {
      (found.bias, found.fused.hasBias) = (bias, true)
      take(step.position)
    }
    if let step = next(), step.op == .binary(.add), isResidual(step.other, found.root) {
      (found.residual, found.fused.hasResidual) = (step.other, true)
      take(step.position)
    }
    found.preactivation = found.root
    let isShown = users[found.root].count > 1 || outputs.contains(found.root)
    if let (position, activation) = self.activation(of: found.root), !isShown || found.fused.hasTwoResults {
      found.fused.activation = activation
      found.fused.showsPreactivation = isShown
      take(position)
    }
    guard found.root != product else { return nil }
    // Nobody else may begin from here.
    absorbed.insert(found.root)
    return found
  }

  /// The vector over the last axis, or the scalar, that `position` spreads over a whole array.
  private func vector(_ position: Int) -> Int? {
    guard case .broadcastInDim(let shape, let axes) = graph.instructions[position].op else { return nil }
    let operand = graph.instructions[position].operands[0]
    if axes.isEmpty { return operand }
    return axes == [shape.rank - 1] && graph.type(operand).shape == [shape[shape.rank - 1]] ? operand : nil
  }

  /// Whether a value is worth reading next to a result: it is of the same size, and in memory.
  private func isResidual(_ position: Int, _ root: Int) -> Bool {
    if position == root { return false }
    switch graph.instructions[position].op {
    case .broadcastInDim, .constant, .transpose, .reverse: return false
    default: return graph.type(position) == graph.type(root)
    }
  }

  /// The activation that alone reads a value, or one that is worth showing the value to its other readers.
  private func activation(of value: Int) -> (Int, Activation)? {
    let isAlone = users[value].count == 1 && !outputs.contains(value)
    for user in users[value] where !absorbed.contains(user) {
      switch graph.instructions[user].op {
      case .block(let block): if let activation = Activation(block.block) { return (user, activation) }
      case .unary(.tanh): if isAlone { return (user, .tanh) }
      case .unary(.logistic): if isAlone { return (user, .sigmoid) }
      case .binary(.maximum):
        if isAlone, let other = graph.instructions[user].operands.first(where: { $0 != value }), isZero(other) {
          return (user, .relu)
        }
      default: break
      }
    }
    return nil
  }

  private func isZero(_ position: Int) -> Bool {
    switch graph.instructions[position].op {
    case .constant(let scalar): scalar.doubleValue == 0
    case .broadcastInDim: isZero(graph.instructions[position].operands[0])
    default: false
    }
  }

  // MARK: Writing

  func rewritten() -> Graph {
    var result = Graph()
    var places = [Int](repeating: -1, count: graph.instructions.count)
    // A fused product stands where its first result is read from.
    let homes = Dictionary(
      uniqueKeysWithValues: found.map { ($0.fused.showsPreactivation ? $0.preactivation : $0.root, $0) })
    for (position, instruction) in graph.instructions.enumerated() where places[position] < 0 {
      guard let found = homes[position] else {
        places[position] = result.append(instruction.op, instruction.operands.map { places[$0] }, instruction.types)
        continue
      }
      let product = graph.instructions[found.product]
      var operands = product.operands.map { places[$0] }
      let columns = TensorType([product.type.shape.last ?? 1], product.type.dtype)
      for vector in [found.scale, found.bias].compactMap({ $0 }) {
        let isWide = graph.type(vector) == columns
        operands.append(
          isWide ? places[vector] : result.append(.broadcastInDim(columns.shape, axes: []), [places[vector]], [columns])
        )
      }
      if let residual = found.residual { operands.append(places[residual]) }
      let block = Op.block(AnyBlock(found.fused))
      if found.fused.showsPreactivation {
        let both = result.append(block, operands, [product.type, product.type])
        places[found.root] = result.append(.output(0), [both], [product.type])
        places[found.preactivation] = result.append(.output(1), [both], [product.type])
      } else {
        places[found.root] = result.append(block, operands, [product.type])
      }
    }
    result.inputs = graph.inputs.map { places[$0] }
    result.outputs = graph.outputs.map { places[$0] }
    return removingDeadCode(result)
  }
}
