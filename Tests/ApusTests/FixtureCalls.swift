import ApusCore
import ApusTensor

/// The calls that fixture files name.
enum FixtureCalls {
  typealias Body = @Sendable ([Tensor]) -> Tensor

  static func body(_ fixture: Fixture) -> Body? {
    elementwise(fixture.op) ?? reducing(fixture) ?? moving(fixture) ?? layers(fixture)
  }

  private static func elementwise(_ name: String) -> Body? {
    let op = ["sigmoid": "logistic", "rounded": "round"][name] ?? name
    if let unary = Unary(rawValue: op) { return { .apply(.unary(unary), $0[0]) } }
    if let binary = Binary(rawValue: op) { return broadcast(.binary(binary)) }
    if let comparison = Comparison(rawValue: op) { return broadcast(.compare(comparison)) }
    switch op {
    case "relu": return { $0[0].relu() }
    case "where": return { ApusTensor.select($0[0], $0[1], $0[2]) }
    default: return nil
    }
  }

  private static func broadcast(_ op: Op) -> Body {
    { operands in
      let shape = broadcastShape(operands[0].shape, operands[1].shape)!
      return .apply(op, operands[0].broadcast(to: shape), operands[1].broadcast(to: shape))
    }
  }

  private static func reducing(_ fixture: Fixture) -> Body? {
    let axes = fixture.ints("axes")
    let keepDims = fixture.bool("keepDims")
    let axis = fixture.int("axis") ?? -1
    switch fixture.op {
    case "sum": return { $0[0].sum(axes: axes, keepDims: keepDims) }
    case "mean": return { $0[0].mean(axes: axes, keepDims: keepDims) }
    case "product": return { $0[0].product(axes: axes, keepDims: keepDims) }
    case "max": return { $0[0].max(axes: axes, keepDims: keepDims) }
    case "min": return { $0[0].min(axes: axes, keepDims: keepDims) }
    case "logSumExp": return { $0[0].logSumExp(axes: axes, keepDims: keepDims) }
    case "argMax": return { $0[0].argMax(axis: axis) }
    case "argMin": return { $0[0].argMin(axis: axis) }
    case "softmax": return { $0[0].softmax(axis: axis) }
    case "logSoftmax": return { $0[0].logSoftmax(axis: axis) }
    default: return nil
    }
  }

  private static func moving(_ fixture: Fixture) -> Body? {
    switch fixture.op {
    case "reshape":
      let shape = Shape(fixture.ints("shape") ?? [])
      return { $0[0].reshaped(to: shape) }
    case "transpose":
      let order = fixture.ints("permutation")
      return { $0[0].transposed(order) }
    case "reverse":
      let axes = fixture.ints("axes") ?? []
      return { $0[0].reversed(axes) }
    case "concatenate":
      let axis = fixture.int("axis") ?? 0
      return { concatenate($0, axis: axis) }
    case "slice":
      guard let start = fixture.ints("start"), let limit = fixture.ints("limit"), let stride = fixture.ints("stride")
      else { return nil }
      return { .apply(.slice(SliceBounds(start: start, limit: limit, stride: stride)), $0[0]) }
    case "pad":
      guard let low = fixture.ints("low"), let high = fixture.ints("high") else { return nil }
      let value = fixture.double("value") ?? 0
      return { $0[0].padded(Array(zip(low, high)), value: value) }
    default: return nil
    }
  }

  private static func layers(_ fixture: Fixture) -> Body? {
    let stride = fixture.pair("stride")
    let padding = fixture.padding
    let dilation = fixture.pair("dilation") ?? 1
    switch fixture.op {
    case "matmul": return { $0[0].matmul($0[1]) }
    case "conv2d":
      let groups = fixture.int("groups") ?? 1
      return { operands in
        let y = operands[0].conv2D(
          operands[1], stride: stride ?? 1, padding: padding, dilation: dilation, groups: groups)
        return operands.count > 2 ? y + operands[2] : y
      }
    case "maxPool2d":
      guard let size = fixture.pair("kernel") else { return nil }
      return { $0[0].maxPool2D(size, stride: stride, padding: padding, dilation: dilation) }
    case "avgPool2d":
      guard let size = fixture.pair("kernel") else { return nil }
      return { $0[0].averagePool2D(size, stride: stride, padding: padding) }
    case "crossEntropy":
      let smoothing = fixture.double("labelSmoothing") ?? 0
      let ignored = fixture.int("ignoredLabel") ?? -100
      let reductions: [String: LossReduction] = ["none": .none, "sum": .sum, "mean": .mean]
      guard let reduction = reductions[fixture.string("reduction") ?? "mean"] else { return nil }
      return {
        crossEntropy(
          $0[0], $0[1], weights: $0.count > 2 ? $0[2] : nil, labelSmoothing: smoothing, ignoredLabel: ignored,
          reduction: reduction)
      }
    default: return nil
    }
  }
}

extension Fixture {
  /// `[[top, bottom], [left, right]]`.
  var padding: Padding {
    guard let sides = attributes["padding"]?.array?.map({ ($0.array ?? []).compactMap(\.int) }), sides.count == 2,
      sides.allSatisfy({ $0.count == 2 })
    else { return .valid }
    return .sides(before: Pair(sides[0][0], sides[1][0]), after: Pair(sides[0][1], sides[1][1]))
  }
}
