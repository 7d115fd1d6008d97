/// Scaled dot-product attention (Vaswani et al. 2017): softmax(scale · q kᵀ + mask) v for each example and head.
///
/// Operands: queries `[batch, queryTime, heads, headDim]`, keys `[batch, keyTime, keyHeads, headDim]`, values
/// `[batch, keyTime, keyHeads, valueDim]`, and where there is one a mask of four axes that broadcasts to `[batch, heads,
/// queryTime, keyTime]`: `bool`, true where a key is seen, or floating point, added to the scores. `keyHeads` divides
/// `heads`; head h sees the keys of head h · keyHeads / heads (Ainslie et al. 2023).
///
/// Results: the outputs `[batch, queryTime, heads, valueDim]`, 0 for a query that sees no key, and the logarithms of the
/// sums of exponentials `[batch, heads, queryTime]`. With them the gradient computes the probabilities again, so that what
/// is kept grows with the time and not with its square (Dao et al. 2022).
public struct Attention: Block {
  public static let name = "attention"
  public let scale: Double
  /// Whether query i sees keys 0 … i alone.
  public let isCausal: Bool

  public init(scale: Double, isCausal: Bool = false) {
    self.scale = scale
    self.isCausal = isCausal
  }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 3...4, "attention")
    return try Attention.types(operands[0], operands[1], operands[2], mask: operands.count > 3 ? operands[3] : nil)
  }

  public func body(_ operands: [Node]) -> [Node] {
    let layout = HeadLayout(operands)
    let scores = self.scores(layout, operands.count > 3 ? operands[3] : nil)
    let largest = scores.largest(axes: [3])
    // A query that sees no key has scores of −∞ alone.
    let shift = largest.compare(.equal, -.infinity).select(.zeros(largest.type), largest)
    let exponentials = (scores - shift.spread(over: scores.shape, reduced: [3])).unary(.exp)
    let sum = exponentials.sum(axes: [3])
    let isBlind = sum.compare(.equal, 0)
    let divisor = isBlind.select(.ones(sum.type), sum)
    let weighted = layout.byHead(layout.weightedValues(exponentials))
    let outputs = weighted / divisor.spread(over: weighted.shape, reduced: [3])
    let logSum = isBlind.select(.filled(-.infinity, sum.type), divisor.unary(.log) + shift)
    return [outputs.transpose([0, 2, 1, 3]).convert(operands[0].dtype), logSum]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    // Behind a barrier that waits for the cotangents, so that the scores of the forward pass are not kept.
    let again = operands.map { Node.build(.barrier, [$0] + cotangents) }
    let arguments = Array(again[..<3]) + results + cotangents + Array(again.dropFirst(3))
    let node = Node.build(.block(AnyBlock(AttentionGradient(scale: scale, isCausal: isCausal))), arguments)
    let gradients: [Node?] = (0..<3).map { node.output($0) }
    guard operands.count > 3 else { return gradients }
    guard operands[3].dtype.isFloat else { return gradients + [nil] }
    return gradients + [.build(.block(AnyBlock(AttentionMaskGradient(scale: scale, isCausal: isCausal))), arguments)]
  }

  /// Scores `[batch, heads, queryTime, keyTime]`, −∞ where a key is not seen.
  func scores(_ layout: HeadLayout, _ mask: Node?) -> Node {
    let scaled = layout.queries.binary(.multiply, scale)
    let products = Node.build(
      .dotGeneral(
        DotDimensions(leftBatch: [0, 1], rightBatch: [0, 1], leftContracting: [3], rightContracting: [3])),
      scaled, layout.keys)
    var scores = layout.byHead(products)
    let unseen = Node.filled(-.infinity, scores.type)
    if let mask {
      let wide = mask.broadcast(to: scores.shape, axes: [0, 1, 2, 3])
      scores = mask.dtype == .bool ? wide.select(scores, unseen) : scores + wide.wide
    }
    if isCausal {
      let square = TensorType([scores.shape[2], scores.shape[3]], .int32)
      let isPast = Node.build(.iota(square, axis: 1)).compare(.lessEqual, .build(.iota(square, axis: 0)))
      scores = isPast.broadcast(to: scores.shape, axes: [2, 3]).select(scores, unseen)
    }
    return scores
  }

  /// The types of the results; throws what a user reads.
  static func types(
    _ q: TensorType, _ k: TensorType, _ v: TensorType, mask: TensorType?
  ) throws(OpError) -> [TensorType] {
    try q.requireFloat("attention")
    guard q.shape.rank == 4, k.shape.rank == 4, v.shape.rank == 4, q.dtype == k.dtype, q.dtype == v.dtype else {
      throw OpError(
        "attention: queries \(q), keys \(k) and values \(v), expected [batch, time, heads, headDim] of one type")
    }
    guard q.shape[0] == k.shape[0], q.shape[3] == k.shape[3] else {
      throw OpError("attention: queries \(q.shape) and keys \(k.shape) differ in batch or headDim")
    }
    guard Array(k.shape.prefix(3)) == Array(v.shape.prefix(3)) else {
      throw OpError("attention: keys \(k.shape) and values \(v.shape) differ in batch, time or heads")
    }
    guard k.shape[2] > 0, q.shape[2] % k.shape[2] == 0 else {
      throw OpError("attention: \(k.shape[2]) key heads do not divide \(q.shape[2]) query heads")
    }
    let scores = Shape([q.shape[0], q.shape[2], q.shape[1], k.shape[1]])
    if let mask {
      guard mask.dtype == .bool || mask.dtype == q.dtype else {
        throw OpError("attention: mask \(mask), expected bool or \(q.dtype)")
      }
      guard mask.shape.rank == 4, zip(mask.shape, scores).allSatisfy({ $0 == 1 || $0 == $1 }) else {
        throw OpError(
          "attention: mask \(mask.shape) does not broadcast to [batch, heads, queryTime, keyTime] \(scores)")
      }
    }
    return [
      TensorType([q.shape[0], q.shape[1], q.shape[2], v.shape[3]], q.dtype),
      TensorType(Shape(scores.dropLast()), q.wide),
    ]
  }
}

/// Queries, keys and values as batches of matrices, one for each example and key head. The queries of the heads that
/// share keys are the rows of one matrix.
struct HeadLayout {
  /// `[batch, keyHeads, headsPerKey · queryTime, headDim]`
  let queries: Node
  /// `[batch, keyHeads, keyTime, headDim]`
  let keys: Node
  /// `[batch, keyHeads, keyTime, valueDim]`
  let values: Node
  private let queryShape: Shape

  init(_ operands: [Node]) {
    queryShape = operands[0].shape
    keys = operands[1].wide.transpose([0, 2, 1, 3])
    values = operands[2].wide.transpose([0, 2, 1, 3])
    queries = HeadLayout.grouped(operands[0], keyHeads: keys.shape[1])
  }

  /// `[batch, queryTime, heads, n]` as `[batch, keyHeads, headsPerKey · queryTime, n]`.
  func grouped(_ node: Node) -> Node { HeadLayout.grouped(node, keyHeads: keys.shape[1]) }

  private static func grouped(_ node: Node, keyHeads: Int) -> Node {
    let shape = node.shape
    let rows = shape[2] / keyHeads * shape[1]
    return node.wide.transpose([0, 2, 1, 3]).reshape([shape[0], keyHeads, rows, shape[3]])
  }

  /// `[batch, keyHeads, headsPerKey · queryTime, n]` as `[batch, heads, queryTime, n]`.
  func byHead(_ node: Node) -> Node { node.reshape([queryShape[0], queryShape[2], queryShape[1], node.shape[3]]) }

  /// `[batch, heads, queryTime, n]` as `[batch, keyHeads, headsPerKey · queryTime, n]`.
  func byKeyHead(_ node: Node) -> Node {
    node.reshape([queryShape[0], keys.shape[1], queries.shape[2], node.shape[3]])
  }

  /// The values weighted by an array of the scores' shape.
  func weightedValues(_ weights: Node) -> Node {
    .build(
      .dotGeneral(
        DotDimensions(leftBatch: [0, 1], rightBatch: [0, 1], leftContracting: [3], rightContracting: [2])),
      byKeyHead(weights), values)
  }
}
