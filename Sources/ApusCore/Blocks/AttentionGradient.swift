/// The gradients of `Attention`: of queries, keys and values. The probabilities are computed again from queries, keys and
/// the logarithms of their sums (Dao et al. 2022).
///
/// Operands: queries, keys and values, the outputs and the logarithms, the cotangents of both, and the mask where there is
/// one.
public struct AttentionGradient: Block {
  public static let name = "attention_gradient"
  public let scale: Double
  public let isCausal: Bool

  public init(scale: Double, isCausal: Bool) {
    self.scale = scale
    self.isCausal = isCausal
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 7...8, "attention gradient")
    let mask = operands.count > 7 ? operands[7] : nil
    try requireResults(operands, Attention.types(operands[0], operands[1], operands[2], mask: mask))
    return Array(operands[..<3])
  }

  public func body(_ operands: [Node]) -> [Node] {
    let again = Recomputation(operands, Attention(scale: scale, isCausal: isCausal))
    let layout = again.layout
    let (changeRows, rows) = (layout.byKeyHead(again.change), again.cotangentRows)
    let queries = layout.byHead(product(changeRows, 3, layout.keys, 2)).binary(.multiply, scale)
    let keys = product(changeRows, 2, layout.queries, 2).binary(.multiply, scale)
    let values = product(layout.byKeyHead(again.probabilities), 2, rows, 2)
    return [queries, keys, values].map { $0.transpose([0, 2, 1, 3]).convert(operands[0].dtype) }
  }
}

/// The gradient of a mask that `Attention` adds, a block of its own since few ask for it: it is the scores' gradient,
/// which is quadratic in the time.
///
/// Operands: as those of `AttentionGradient`, with the mask.
public struct AttentionMaskGradient: Block {
  public static let name = "attention_mask_gradient"
  public let scale: Double
  public let isCausal: Bool

  public init(scale: Double, isCausal: Bool) {
    self.scale = scale
    self.isCausal = isCausal
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 8...8, "attention mask gradient")
    try operands[7].requireFloat("attention mask gradient")
    try requireResults(operands, Attention.types(operands[0], operands[1], operands[2], mask: operands[7]))
    return [operands[7]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let change = Recomputation(operands, Attention(scale: scale, isCausal: isCausal)).change
    let mask = operands[7]
    let repeated = mask.shape.indices.filter { mask.shape[$0] == 1 && change.shape[$0] != 1 }
    return [change.sum(axes: repeated).reshape(mask.shape).convert(mask.dtype)]
  }
}

/// Throws unless operands 3 to 6 are of the types of the results and of their cotangents.
private func requireResults(_ operands: [TensorType], _ results: [TensorType]) throws(OpError) {
  for place in 3..<7 {
    try operands[place].require(
      results[(place - 3) % 2], "attention", place < 5 ? "result" : "cotangent", for: "queries \(operands[0])")
  }
}

/// What the gradients compute again.
private struct Recomputation {
  let layout: HeadLayout
  /// `[batch, heads, queryTime, keyTime]`
  let probabilities: Node
  /// The scores' gradient, of the same shape.
  let change: Node
  /// The outputs' cotangent as the layout has its rows.
  let cotangentRows: Node

  init(_ operands: [Node], _ attention: Attention) {
    layout = HeadLayout(operands)
    let (outputs, logSums, g) = (operands[3].wide, operands[4], operands[5].wide)
    let scores = attention.scores(layout, operands.count > 7 ? operands[7] : nil)
    func spread(_ rows: Node) -> Node { rows.spread(over: scores.shape, reduced: [3]) }
    // Where no key is seen the logarithm is −∞, and so are the scores: any other shift leaves probabilities of 0.
    let shift = logSums.compare(.equal, -.infinity).select(.zeros(logSums.type), logSums)
    probabilities = (scores - spread(shift)).unary(.exp)
    cotangentRows = layout.grouped(g)
    let fromValues = layout.byHead(product(cotangentRows, 3, layout.values, 3))
    let mean = (g * outputs).sum(axes: [3]).transpose([0, 2, 1])
    change = probabilities * (fromValues - spread(mean - operands[6]))
  }
}

/// The product over one axis of each, for each example and key head.
private func product(_ a: Node, _ left: Int, _ b: Node, _ right: Int) -> Node {
  .build(
    .dotGeneral(
      DotDimensions(leftBatch: [0, 1], rightBatch: [0, 1], leftContracting: [left], rightContracting: [right])),
    a, b)
}
