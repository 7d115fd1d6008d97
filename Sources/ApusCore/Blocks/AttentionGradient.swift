/// The gradients of `Attention`: of queries, keys and values, and of the mask if it was added. The probabilities are
/// computed again from queries, keys and the logarithms of their sums (Dao et al. 2022).
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
    let results = try Attention.types(operands[0], operands[1], operands[2], mask: mask)
    for place in 3..<7 {
      try operands[place].require(
        results[(place - 3) % 2], "attention", place < 5 ? "result" : "cotangent", for: "queries \(operands[0])")
    }
    return Array(operands[..<3]) + (mask.flatMap { $0.dtype == .bool ? nil : $0 }.map { [$0] } ?? [])
  }

  public func body(_ operands: [Node]) -> [Node] {
    let layout = HeadLayout(operands)
    let mask = operands.count > 7 ? operands[7] : nil
    let (outputs, logSums, g) = (operands[3].wide, operands[4], operands[5].wide)
    let scores = Attention(scale: scale, isCausal: isCausal).scores(layout, mask)
    func spread(_ rows: Node) -> Node { rows.spread(over: scores.shape, reduced: [3]) }
    // Where no key is seen the logarithm is −∞, and so are the scores: any other shift leaves probabilities of 0.
    let shift = logSums.compare(.equal, -.infinity).select(.zeros(logSums.type), logSums)
    let probabilities = (scores - spread(shift)).unary(.exp)

    let rows = layout.grouped(g)
    let fromValues = layout.byHead(product(rows, 3, layout.values, 3))
    let mean = (g * outputs).sum(axes: [3]).transpose([0, 2, 1])
    let change = probabilities * (fromValues - spread(mean - operands[6]))
    let changeRows = layout.byKeyHead(change)

    let queries = layout.byHead(product(changeRows, 3, layout.keys, 2)).binary(.multiply, scale)
    let keys = product(changeRows, 2, layout.queries, 2).binary(.multiply, scale)
    let values = product(layout.byKeyHead(probabilities), 2, rows, 2)
    var gradients = [queries, keys, values].map { $0.transpose([0, 2, 1, 3]).convert(operands[0].dtype) }
    if let mask, mask.dtype.isFloat {
      let repeated = mask.shape.indices.filter { mask.shape[$0] == 1 && scores.shape[$0] != 1 }
      gradients.append(change.sum(axes: repeated).reshape(mask.shape).convert(mask.dtype))
    }
    return gradients
  }

  /// The product over one axis of each, for each example and key head.
  private func product(_ a: Node, _ left: Int, _ b: Node, _ right: Int) -> Node {
    .build(
      .dotGeneral(
        DotDimensions(leftBatch: [0, 1], rightBatch: [0, 1], leftContracting: [left], rightContracting: [right])),
      a, b)
  }
}
