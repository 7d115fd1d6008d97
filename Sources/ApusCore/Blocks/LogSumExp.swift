/// log Σ eˣ over some axes, which disappear: −∞ over nothing or over −∞ alone.
///
/// The gradient is eˣ⁻ʸ, with the result y in place of the sum.
public struct LogSumExp: Block {
  public static let name = "log_sum_exp"
  public let axes: [Int]

  public init(axes: [Int]) { self.axes = axes }

  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    try requireCount(operands, 1...1, "logSumExp")
    try operands[0].requireFloat("logSumExp")
    try requireAxes(axes, of: operands[0], "logSumExp")
    return [TensorType(operands[0].shape.removing(axes), operands[0].dtype)]
  }

  public func body(_ operands: [Node]) -> [Node] {
    let x = operands[0].wide
    let largest = x.largest(axes: axes)
    // An infinite largest element would make NaN of itself: shift by 0 there.
    let shift = largest.unary(.abs).compare(.equal, .infinity).select(.zeros(largest.type), largest)
    let sum = (x - shift.spread(over: x.shape, reduced: axes)).unary(.exp).sum(axes: axes)
    return [(sum.unary(.log) + shift).convert(operands[0].dtype)]
  }

  public func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?]? {
    let (x, y, g) = (operands[0].wide, results[0].wide, cotangents[0].wide)
    let shares = (x - y.spread(over: x.shape, reduced: axes)).unary(.exp)
    return [(g.spread(over: x.shape, reduced: axes) * shares).convert(operands[0].dtype)]
  }
}
