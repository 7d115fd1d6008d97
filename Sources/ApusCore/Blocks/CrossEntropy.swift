/// Softmax cross-entropy of each row of `logits` `[rows, classes]` against `labels` `int32[rows]`: `[rows]`.
///
/// −log softmax(logits)[label], computed with the row's maximum taken out. A row whose label is outside
/// `0 ..< classes` has loss 0 and no gradient.
public struct CrossEntropy: Block {
  public static let name = "cross_entropy"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    [try CrossEntropy.rowType(operands[0], operands[1])]
  }

  static func rowType(_ logits: TensorType, _ labels: TensorType) throws(OpError) -> TensorType {
    guard logits.shape.rank == 2, logits.dtype.isFloat else {
      throw OpError("crossEntropy: logits \(logits), expected a floating-point [rows, classes]")
    }
    guard logits.shape[1] > 0 else { throw OpError("crossEntropy: logits \(logits) have no classes") }
    guard labels == TensorType([logits.shape[0]], .int32) else {
      throw OpError("crossEntropy: labels \(labels) for logits \(logits), expected int32[\(logits.shape[0])]")
    }
    return TensorType([logits.shape[0]], logits.dtype)
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (logits, labels) = (operands[0], operands[1])
    let rows = TensorType([logits.shape[0]], logits.dtype)
    let picked = CrossEntropy.isLabel(labels, logits.type)
    let zero = Node.filled(0, logits.type)
    let shifted = CrossEntropy.shifted(logits)
    let logSum = shifted.unary(.exp).sum(axes: [1]).unary(.log)
    // The label's logit is picked by a selection, so that an infinite logit elsewhere is not multiplied by zero.
    let loss = logSum - picked.select(shifted, zero).sum(axes: [1])
    return [CrossEntropy.isValid(labels, classes: logits.shape[1]).select(loss, .filled(0, rows))]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    [.build(.block(AnyBlock(CrossEntropyGradient())), operands[0], operands[1], cotangents[0]), nil]
  }

  /// Logits less their row's maximum, through which no gradient flows (it cancels).
  static func shifted(_ logits: Node) -> Node {
    let maximum = Node.build(.stopGradient, logits.reduce(.max, axes: [1]))
    return logits - maximum.spread(over: logits.shape, reduced: [1])
  }

  static func isLabel(_ labels: Node, _ logits: TensorType) -> Node {
    let classes = Node.build(.iota(TensorType(logits.shape, .int32), axis: 1))
    return classes.compare(.equal, labels.spread(over: logits.shape, reduced: [1]))
  }

  static func isValid(_ labels: Node, classes: Int) -> Node {
    labels.compare(.greaterEqual, 0).binary(.and, labels.compare(.less, Double(classes)))
  }
}

/// The gradient of `CrossEntropy`: `cotangent · (softmax(logits) − onehot(label))`, 0 in rows without a valid label.
public struct CrossEntropyGradient: Block {
  public static let name = "cross_entropy_gradient"

  public init() {}

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    let rows = try CrossEntropy.rowType(operands[0], operands[1])
    guard operands[2] == rows else { throw OpError("crossEntropy: cotangent \(operands[2]), expected \(rows)") }
    return [operands[0]]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let (logits, labels, cotangent) = (operands[0], operands[1], operands[2])
    let exponentials = CrossEntropy.shifted(logits).unary(.exp)
    let softmax = exponentials / exponentials.sum(axes: [1]).spread(over: logits.shape, reduced: [1])
    let onehot = CrossEntropy.isLabel(labels, logits.type).convert(logits.dtype)
    let scale = CrossEntropy.isValid(labels, classes: logits.shape[1]).select(cotangent, .filled(0, cotangent.type))
    return [scale.spread(over: logits.shape, reduced: [1]) * (softmax - onehot)]
  }
}
