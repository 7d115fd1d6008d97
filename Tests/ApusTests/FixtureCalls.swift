import ApusCore
import ApusTensor

/// The calls that fixture files name.
enum FixtureCalls {
  typealias Body = @Sendable ([Tensor]) -> Tensor

  static func body(_ fixture: Fixture) -> Body? {
    elementwise(fixture) ?? reducing(fixture) ?? moving(fixture) ?? layers(fixture)
  }

  private static func elementwise(_ fixture: Fixture) -> Body? {
    let name = ["sigmoid": "logistic", "neg": "negate", "div": "divide", "mul": "multiply", "sub": "subtract"]
    let op = name[fixture.op] ?? fixture.op
    if let unary = Unary(rawValue: op) { return { .apply(.unary(unary), $0[0]) } }
    if let binary = Binary(rawValue: op) {
      return { operands in
        let shape = broadcastShape(operands[0].shape, operands[1].shape)!
        return .apply(.binary(binary), operands[0].broadcast(to: shape), operands[1].broadcast(to: shape))
      }
    }
    switch op {
    case "relu": return { $0[0].relu() }
    case "pow": return { $0[0].power($0[1]) }
    case "clamp":
      let (low, high) = (fixture.double("min") ?? -.infinity, fixture.double("max") ?? .infinity)
      return { $0[0].clamped(low, high) }
    case "where", "select": return { ApusTensor.select($0[0], $0[1], $0[2]) }
    default: return nil
    }
  }

  private static func reducing(_ fixture: Fixture) -> Body? {
    let axes = fixture.ints("axes") ?? fixture.ints("axis") ?? fixture.ints("dim")
    let keepDims = fixture.bool("keepDims") || fixture.bool("keepdim")
    let axis = axes?.first ?? -1
    switch fixture.op {
    case "sum": return { $0[0].sum(axes: axes, keepDims: keepDims) }
    case "mean": return { $0[0].mean(axes: axes, keepDims: keepDims) }
    case "prod", "product": return { $0[0].product(axes: axes, keepDims: keepDims) }
    case "max", "amax": return { $0[0].max(axes: axes, keepDims: keepDims) }
    case "min", "amin": return { $0[0].min(axes: axes, keepDims: keepDims) }
    case "var", "variance":
      let correction = fixture.int("correction") ?? 0
      return { $0[0].variance(axes: axes, keepDims: keepDims, correction: correction) }
    case "argmax": return { $0[0].argMax(axis: axis) }
    case "argmin": return { $0[0].argMin(axis: axis) }
    case "softmax": return { $0[0].softmax(axis: axis) }
    case "log_softmax", "logSoftmax": return { $0[0].logSoftmax(axis: axis) }
    case "logsumexp", "logSumExp": return { $0[0].logSumExp(axes: axes, keepDims: keepDims) }
    default: return nil
    }
  }

  private static func moving(_ fixture: Fixture) -> Body? {
    let axis = fixture.int("axis") ?? fixture.int("dim") ?? 0
    let shape = fixture.ints("shape").map { Shape($0) }
    let order = fixture.ints("permutation") ?? fixture.ints("dims") ?? fixture.ints("axes")
    switch fixture.op {
    case "reshape":
      guard let shape else { return nil }
      return { $0[0].reshaped(to: shape) }
    case "broadcast", "expand":
      guard let shape else { return nil }
      return { $0[0].broadcast(to: shape) }
    case "transpose", "permute": return { $0[0].transposed(order) }
    case "flip", "reverse": return { $0[0].reversed(order ?? []) }
    case "concatenate", "cat": return { concatenate($0, axis: axis) }
    case "stack": return { ApusTensor.stack($0, axis: axis) }
    default: return nil
    }
  }

  private static func layers(_ fixture: Fixture) -> Body? {
    let stride = fixture.pair("stride")
    let padding = fixture.pair("padding").map(Padding.explicit) ?? .valid
    let dilation = fixture.pair("dilation") ?? 1
    switch fixture.op {
    case "matmul": return { $0[0].matmul($0[1]) }
    case "linear": return { $0.count > 2 ? $0[0].matmul($0[1].transposed()) + $0[2] : $0[0].matmul($0[1].transposed()) }
    case "conv2d", "conv2D":
      let groups = fixture.int("groups") ?? 1
      return { operands in
        let y = operands[0].conv2D(
          operands[1], stride: stride ?? 1, padding: padding, dilation: dilation, groups: groups)
        return operands.count > 2 ? y + operands[2] : y
      }
    case "max_pool2d", "maxPool2D":
      guard let size = fixture.pair("kernel_size") ?? fixture.pair("size") else { return nil }
      return { $0[0].maxPool2D(size, stride: stride, padding: padding, dilation: dilation) }
    case "avg_pool2d", "averagePool2D":
      guard let size = fixture.pair("kernel_size") ?? fixture.pair("size") else { return nil }
      let counts = fixture.attributes["count_include_pad"]?.bool ?? true
      return { $0[0].averagePool2D(size, stride: stride, padding: padding, countsPadding: counts) }
    case "cross_entropy", "crossEntropy":
      let smoothing = fixture.double("label_smoothing") ?? 0
      let ignored = fixture.int("ignore_index") ?? -100
      let reduction: LossReduction =
        ["none": .none, "sum": .sum, "mean": .mean][fixture.string("reduction") ?? "mean"] ?? .mean
      return {
        crossEntropy(
          $0[0], $0[1], weights: $0.count > 2 ? $0[2] : nil, labelSmoothing: smoothing, ignoredLabel: ignored,
          reduction: reduction)
      }
    default: return nil
    }
  }
}
