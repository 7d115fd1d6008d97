import ApusCore

/// The activation functions by name, each with its usual constants: what command lines, plots and searches choose from.
///
/// ```swift
/// let f = Activation(rawValue: "mish")!
/// print(f(x), f.derivative(at: x))
/// ```
public enum Activation: String, CaseIterable, Hashable, Sendable {
  case identity, step, sigmoid, tanh, hardtanh, relu, relu6
  case leakyReLU = "leaky-relu"
  case elu, celu, selu, gelu
  case tanhGELU = "tanh-gelu"
  case quickGELU = "quick-gelu"
  case silu, mish, softplus, softsign, softshrink, hardshrink, tanhshrink
  case logSigmoid = "log-sigmoid"
  case hardsigmoid, hardswish

  /// f(x), elementwise.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .identity: x
    case .step: x.step()
    case .sigmoid: x.sigmoid()
    case .tanh: x.tanh()
    case .hardtanh: x.hardtanh()
    case .relu: x.relu()
    case .relu6: x.relu6()
    case .leakyReLU: x.leakyReLU()
    case .elu: x.elu()
    case .celu: x.celu()
    case .selu: x.selu()
    case .gelu: x.gelu()
    case .tanhGELU: x.gelu(approximate: true)
    case .quickGELU: x.quickGELU()
    case .silu: x.silu()
    case .mish: x.mish()
    case .softplus: x.softplus()
    case .softsign: x.softsign()
    case .softshrink: x.softshrink()
    case .hardshrink: x.hardshrink()
    case .tanhshrink: x.tanhshrink()
    case .logSigmoid: x.logSigmoid()
    case .hardsigmoid: x.hardsigmoid()
    case .hardswish: x.hardswish()
    }
  }

  /// f′(x), elementwise.
  public func derivative(at x: Tensor) -> Tensor { grad { self($0).sum() }(x) }
}

/// An activation b(u₁(x), u₂(x)) made of two functions of one number and one of two: the unit that Ramachandran et al.
/// 2017 ("Searching for activation functions", section 2) compose by search, and found x · σ(βx) with.
public struct ComposedActivation: Hashable, Sendable, CustomStringConvertible {
  public let first: UnaryPart
  public let second: UnaryPart
  public let joined: BinaryPart

  public init(_ first: UnaryPart, _ joined: BinaryPart, _ second: UnaryPart) {
    (self.first, self.joined, self.second) = (first, joined, second)
  }

  /// All units that the parts make.
  public static var all: [ComposedActivation] {
    UnaryPart.allCases.flatMap { first in
      BinaryPart.allCases.flatMap { joined in
        UnaryPart.allCases.map { ComposedActivation(first, joined, $0) }
      }
    }
  }

  /// The unit of x, elementwise.
  public func callAsFunction(_ x: Tensor) -> Tensor { joined(first(x), second(x)) }

  /// The derivative at x, elementwise.
  public func derivative(at x: Tensor) -> Tensor { grad { self($0).sum() }(x) }

  public var description: String { "\(joined.rawValue)(\(first.rawValue), \(second.rawValue))" }

  /// A function of one number.
  public enum UnaryPart: String, CaseIterable, Hashable, Sendable {
    case identity = "x"
    case negative = "-x"
    case magnitude = "|x|"
    case square = "x^2"
    case cube = "x^3"
    case exp, sin, cos, sinh, cosh, tanh, asinh, atan
    case positive = "max(x, 0)"
    case nonPositive = "min(x, 0)"
    case sigmoid, softplus
    case bell = "exp(-x^2)"
    case erf

    public func callAsFunction(_ x: Tensor) -> Tensor {
      switch self {
      case .identity: x
      case .negative: -x
      case .magnitude: x.abs()
      case .square: x.squared()
      case .cube: x * x.squared()
      case .exp: x.exp()
      case .sin: x.sin()
      case .cos: x.cos()
      case .sinh: x.sinh()
      case .cosh: x.cosh()
      case .tanh: x.tanh()
      case .asinh: x.asinh()
      case .atan: x.atan()
      case .positive: x.relu()
      case .nonPositive: -(-x).relu()
      case .sigmoid: x.sigmoid()
      case .softplus: x.softplus()
      case .bell: (-x.squared()).exp()
      case .erf: x.erf()
      }
    }
  }

  /// A function of two numbers.
  public enum BinaryPart: String, CaseIterable, Hashable, Sendable {
    case add, subtract, multiply, maximum, minimum
    /// a · σ(b)
    case gate
    /// e^(−(a − b)²)
    case bell
    /// e^(−|a − b|)
    case peak
    /// (a + b) / 2
    case mean

    public func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
      switch self {
      case .add: a + b
      case .subtract: a - b
      case .multiply: a * b
      case .maximum: ApusTensor.maximum(a, b)
      case .minimum: ApusTensor.minimum(a, b)
      case .gate: a * b.sigmoid()
      case .bell: (-(a - b).squared()).exp()
      case .peak: (-(a - b).abs()).exp()
      case .mean: (a + b) / 2
      }
    }
  }
}
