import Apus

extension VocabularyCalls {
  static let normalisations: [String: [VocabularyCall]] = [
    "groupNorm": [
      { arguments in
        let layer = GroupNorm(
          arguments.integer("groups", 1), arguments.x.shape.last!, epsilon: arguments.number("epsilon", 1e-5),
          affine: arguments.inputs.count > 1)
        (layer.weight, layer.bias) = (arguments.optional(1), arguments.optional(2))
        return layer(arguments.x)
      }
    ],
    "layerNorm": [
      { arguments in
        let layer = LayerNorm(
          Shape(arguments.x.shape.suffix(arguments.integer("axes", 1))), epsilon: arguments.number("epsilon", 1e-5),
          affine: arguments.inputs.count > 1, bias: arguments.inputs.count > 2)
        (layer.weight, layer.bias) = (arguments.optional(1), arguments.optional(2))
        return layer(arguments.x)
      }
    ],
    "rmsNorm": [
      { arguments in
        let layer = RMSNorm(
          Shape(arguments.x.shape.suffix(arguments.integer("axes", 1))), epsilon: arguments.number("epsilon", 1e-6),
          affine: arguments.inputs.count > 1)
        layer.weight = arguments.optional(1)
        return layer(arguments.x)
      }
    ],
    "localResponseNorm": [
      {
        LocalResponseNorm(
          $0.integer("size", 5), alpha: $0.number("alpha", 1e-4), beta: $0.number("beta", 0.75), k: $0.number("k", 1))(
            $0.x)
      }
    ],
    "batchNorm": [
      { arguments in
        let layer = BatchNorm(arguments.x.shape.last!, momentum: arguments.attributes["momentum"]?.double)
        (layer.weight, layer.bias) = (arguments.inputs[1], arguments.inputs[2])
        (layer.runningMean, layer.runningVariance) = (arguments.inputs[3], arguments.inputs[4])
        let y = Phase.with(arguments.flag("training") ? .training : .inference) { layer(arguments.x) }
        return concatenate([y.reshaped(to: [-1]), layer.runningMean!, layer.runningVariance!])
      }
    ],
    "instanceNorm": [
      { arguments in
        let layer = InstanceNorm(
          arguments.x.shape.last!, momentum: arguments.number("momentum", 0.1), affine: true,
          tracksRunningStatistics: true)
        (layer.weight, layer.bias) = (arguments.inputs[1], arguments.inputs[2])
        (layer.runningMean, layer.runningVariance) = (arguments.inputs[3], arguments.inputs[4])
        let y = Phase.with(arguments.flag("training") ? .training : .inference) { layer(arguments.x) }
        return concatenate([y.reshaped(to: [-1]), layer.runningMean!, layer.runningVariance!])
      }
    ],
    "plainInstanceNorm": [
      { arguments in
        let layer = InstanceNorm(
          arguments.x.shape.last!, epsilon: arguments.number("epsilon", 1e-5), affine: arguments.inputs.count > 1)
        (layer.weight, layer.bias) = (arguments.optional(1), arguments.optional(2))
        return layer(arguments.x)
      }
    ],
  ]

  static let reparametrizations: [String: [VocabularyCall]] = [
    "weightNorm": [
      { arguments in
        var key = RandomKey(0)
        let direction = arguments.inputs[2]
        let linear = Linear(direction.shape[1], direction.shape[0], key: &key)
        linear.bias = arguments.inputs[3]
        let layer = WeightNorm(linear)
        (layer.magnitude, layer.direction) = (arguments.y, direction)
        return layer(arguments.x)
      }
    ],
    "spectralNorm": [
      { arguments in
        var key = RandomKey(0)
        let linear = Linear(arguments.y.shape[1], arguments.y.shape[0], key: &key)
        linear.bias = arguments.inputs[2]
        let layer = SpectralNorm(linear, iterations: arguments.integer("iterations", 1), key: &key)
        layer.original = arguments.y
        (layer.left, layer.right) = (arguments.inputs[3], arguments.inputs[4])
        return Phase.with(arguments.flag("training") ? .training : .inference) { layer(arguments.x) }
      }
    ],
    "renormalized": [
      { $0.x.renormalized(to: $0.number("largest", 1), axis: $0.axis, order: $0.number("order", 2)) }
    ],
    "bilinear": [
      { arguments in
        var key = RandomKey(0)
        let weight = arguments.inputs[2]
        let layer = Bilinear(weight.shape[1], weight.shape[2], weight.shape[0], key: &key)
        (layer.weight, layer.bias) = (weight, arguments.inputs[3])
        return layer(arguments.x, arguments.y)
      }
    ],
    "adaptiveLogSoftmax": [
      { arguments in
        var key = RandomKey(0)
        let cutoffs = arguments.attributes["cutoffs"]?.array?.compactMap(\.int) ?? []
        let layer = AdaptiveLogSoftmax(
          arguments.x.shape[1], cutoffs.last!, cutoffs: cutoffs.dropLast(), divisor: arguments.integer("divisor", 4),
          key: &key)
        for (entry, value) in zip(layer.parameters, arguments.inputs.dropFirst()) { entry.slot.tensor = value }
        return layer(arguments.x)
      }
    ],
    "sparsityPenalty": [{ sparsityPenalty($0.x, sparsity: $0.number("sparsity", 0.05)) }],
    "lpPenalty": [
      { arguments in
        let (alpha, power) = (arguments.number("alpha", 1), arguments.number("power", 2))
        return Penalty.lp(alpha, power: power)(arguments.x)
      },
      { arguments in
        let alpha = arguments.number("alpha", 1)
        return switch arguments.number("power", 2) {
        case 1: Penalty.l1(alpha)(arguments.x)
        case 2: Penalty.l2(2 * alpha)(arguments.x)
        case let power: Penalty.lp(alpha, power: power)(arguments.x)
        }
      },
    ],
    "elasticNetPenalty": [
      { Penalty.elasticNet($0.number("alpha", 1), l1Ratio: $0.number("ratio", 0.5))($0.x) }
    ],
  ]

  static let all = [activations, axisActivations, entropies, regressions, margins, normalisations, reparametrizations]
    .reduce(into: [String: [VocabularyCall]]()) { $0.merge($1) { first, _ in first } }
}
