import Apus

/// What the fixture's activations are called here.
enum VocabularyCalls {
  static let activations: [String: [VocabularyCall]] = [
    "sigmoid": [{ $0.x.sigmoid() }, { Sigmoid()($0.x) }, { Activation.sigmoid($0.x) }],
    "tanh": [{ $0.x.tanh() }, { Tanh()($0.x) }, { Activation.tanh($0.x) }],
    "hardtanh": [
      { $0.x.hardtanh($0.number("lower", -1), $0.number("upper", 1)) },
      { Hardtanh($0.number("lower", -1), $0.number("upper", 1))($0.x) },
    ],
    "relu": [{ $0.x.relu() }, { ReLU()($0.x) }, { Activation.relu($0.x) }],
    "relu6": [{ $0.x.relu6() }, { ReLU6()($0.x) }, { Activation.relu6($0.x) }],
    "leakyReLU": [
      { $0.x.leakyReLU(negativeSlope: $0.number("negativeSlope", 0.01)) },
      { LeakyReLU(negativeSlope: $0.number("negativeSlope", 0.01))($0.x) },
    ],
    "elu": [{ $0.x.elu(alpha: $0.number("alpha", 1)) }, { ELU(alpha: $0.number("alpha", 1))($0.x) }],
    "celu": [{ $0.x.celu(alpha: $0.number("alpha", 1)) }, { CELU(alpha: $0.number("alpha", 1))($0.x) }],
    "selu": [{ $0.x.selu() }, { SELU()($0.x) }, { Activation.selu($0.x) }],
    "gelu": [{ $0.x.gelu() }, { GELU()($0.x) }, { Activation.gelu($0.x) }],
    "tanhGELU": [{ $0.x.gelu(approximate: true) }, { GELU(approximate: true)($0.x) }, { Activation.tanhGELU($0.x) }],
    "quickGELU": [{ $0.x.quickGELU() }, { QuickGELU()($0.x) }, { ActivationLayer(.quickGELU)($0.x) }],
    "silu": [{ $0.x.silu() }, { SiLU()($0.x) }, { Activation.silu($0.x) }],
    "swish": [{ $0.x.swish(beta: $0.number("beta", 1)) }, { Swish(beta: $0.number("beta", 1))($0.x) }],
    "trainableSwish": [
      { $0.x.swish(beta: $0.y) },
      { arguments in
        let layer = Swish()
        layer.beta = arguments.y
        return layer(arguments.x)
      },
    ],
    "softplus": [
      { $0.x.softplus(beta: $0.number("beta", 1), threshold: $0.number("threshold", 20)) },
      { Softplus(beta: $0.number("beta", 1), threshold: $0.number("threshold", 20))($0.x) },
    ],
    "softsign": [{ $0.x.softsign() }, { Softsign()($0.x) }, { Activation.softsign($0.x) }],
    "softshrink": [{ $0.x.softshrink($0.number("lambda", 0.5)) }, { Softshrink($0.number("lambda", 0.5))($0.x) }],
    "hardshrink": [{ $0.x.hardshrink($0.number("lambda", 0.5)) }, { Hardshrink($0.number("lambda", 0.5))($0.x) }],
    "tanhshrink": [{ $0.x.tanhshrink() }, { Tanhshrink()($0.x) }, { Activation.tanhshrink($0.x) }],
    "threshold": [
      { $0.x.threshold($0.number("threshold", 0), value: $0.number("value", 0)) },
      { Threshold($0.number("threshold", 0), value: $0.number("value", 0))($0.x) },
    ],
    "step": [{ $0.x.step(at: $0.number("threshold", 0)) }, { BinaryStep(at: $0.number("threshold", 0))($0.x) }],
    "logSigmoid": [{ $0.x.logSigmoid() }, { LogSigmoid()($0.x) }, { Activation.logSigmoid($0.x) }],
    "mish": [{ $0.x.mish() }, { Mish()($0.x) }, { Activation.mish($0.x) }],
    "hardsigmoid": [{ $0.x.hardsigmoid() }, { Hardsigmoid()($0.x) }, { Activation.hardsigmoid($0.x) }],
    "hardswish": [{ $0.x.hardswish() }, { Hardswish()($0.x) }, { Activation.hardswish($0.x) }],
    "rreluInference": [
      { arguments in
        var key = RandomKey(0)
        let (lower, upper) = (arguments.number("lower", 1.0 / 8), arguments.number("upper", 1.0 / 3))
        return RReLU(lower: lower, upper: upper, key: &key)(arguments.x)
      }
    ],
  ]

  static let axisActivations: [String: [VocabularyCall]] = [
    "softmax": [{ $0.x.softmax(axis: $0.axis) }, { Softmax(axis: $0.axis)($0.x) }],
    "logSoftmax": [{ $0.x.logSoftmax(axis: $0.axis) }, { LogSoftmax(axis: $0.axis)($0.x) }],
    "softmin": [{ $0.x.softmin(axis: $0.axis) }, { Softmin(axis: $0.axis)($0.x) }],
    "glu": [{ $0.x.glu(axis: $0.axis) }, { GLU(axis: $0.axis)($0.x) }],
    "gated": [{ $0.x.gated(axis: $0.axis) { $0.tanh() } }],
    "reglu": [{ $0.x.reglu(axis: $0.axis) }, { ReGLU(axis: $0.axis)($0.x) }],
    "geglu": [{ $0.x.geglu(axis: $0.axis) }, { GEGLU(axis: $0.axis)($0.x) }],
    "swiglu": [{ $0.x.swiglu(axis: $0.axis) }, { SwiGLU(axis: $0.axis)($0.x) }],
    "prelu": [
      { $0.x.prelu($0.y) },
      { arguments in
        let layer = PReLU(arguments.y.count)
        layer.weight = arguments.y
        return layer(arguments.x)
      },
    ],
    "maxout": [
      { arguments in
        var key = RandomKey(0)
        let pieces = arguments.integer("pieces", 1)
        let layer = Maxout(arguments.y.shape[1], arguments.y.shape[0] / pieces, pieces: pieces, key: &key)
        (layer.weight, layer.bias) = (arguments.y, arguments.inputs[2])
        return layer(arguments.x)
      }
    ],
  ]
}
