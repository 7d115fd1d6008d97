import ApusCore
import CApusKernels

/// Products whose bias and activation are done while the result is hot.
struct Epilogues {
  struct Fused {
    let product: Int
    var bias: Int?
    var activation = APUS_ACTIVATION_NONE
  }

  /// By the instruction whose value the product with its epilogue is.
  private(set) var roots: [Int: Fused] = [:]
  /// Instructions that are done as part of another.
  private(set) var absorbed: Set<Int> = []

  init(_ graph: Graph) {
    var users = [[Int]](repeating: [], count: graph.instructions.count)
    for (position, instruction) in graph.instructions.enumerated() {
      for operand in instruction.operands { users[operand].append(position) }
    }
    let outputs = Set(graph.outputs)
    func onlyUser(_ position: Int) -> Int? {
      users[position].count == 1 && !outputs.contains(position) ? users[position][0] : nil
    }

    for (product, instruction) in graph.instructions.enumerated() {
      // Whether the last axis of the result is the columns of the product: only then is a vector over it a bias.
      let endsInColumns: Bool
      switch instruction.op {
      case .dotGeneral(let dimensions):
        endsInColumns = dimensions.rightFree(rank: graph.type(instruction.operands[1]).shape.rank).count == 1
      case .convolution(let dimensions):
        if ConvolutionLayout(dimensions) != .forward { continue }
        endsInColumns = true
      default: continue
      }
      guard instruction.type.dtype == .float32 else { continue }
      var fused = Fused(product: product)
      var root = product
      if endsInColumns, let user = onlyUser(root), let bias = Epilogues.bias(graph, user, of: root) {
        fused.bias = bias
        root = user
      }
      if let user = onlyUser(root), let activation = Epilogues.activation(graph, user, of: root) {
        fused.activation = activation
        root = user
      }
      guard root != product else { continue }
      absorbed.insert(product)
      if fused.bias != nil, fused.activation != APUS_ACTIVATION_NONE { absorbed.insert(users[product][0]) }
      roots[root] = fused
    }
  }

  /// The vector over the last axis that `position` adds to `value`.
  private static func bias(_ graph: Graph, _ position: Int, of value: Int) -> Int? {
    let instruction = graph.instructions[position]
    guard case .binary(.add) = instruction.op, let other = instruction.operands.first(where: { $0 != value }),
      case .broadcastInDim(let shape, let axes) = graph.instructions[other].op, axes == [shape.rank - 1]
    else { return nil }
    let vector = graph.instructions[other].operands[0]
    return graph.type(vector).shape == [shape[shape.rank - 1]] ? vector : nil
  }

  private static func activation(_ graph: Graph, _ position: Int, of value: Int) -> apus_activation? {
    let instruction = graph.instructions[position]
    switch instruction.op {
    case .unary(.tanh): return APUS_ACTIVATION_TANH
    case .binary(.maximum):
      guard let other = instruction.operands.first(where: { $0 != value }) else { return nil }
      return isZero(graph, other) ? APUS_ACTIVATION_RELU : nil
    default: return nil
    }
  }

  private static func isZero(_ graph: Graph, _ position: Int) -> Bool {
    switch graph.instructions[position].op {
    case .constant(let scalar): scalar.doubleValue == 0
    case .broadcastInDim: isZero(graph, graph.instructions[position].operands[0])
    default: false
    }
  }
}
