import ApusTensor

/// How the numbers of a new parameter are drawn.
///
/// `fanIn` and `fanOut` count the inputs that feed one output and the outputs that one input feeds: the kernel's area
/// times channels for convolutions.
public enum Initializer: Hashable, Sendable {
  case zeros
  case ones
  case constant(Double)
  case uniform(Double)
  case normal(standardDeviation: Double)
  /// Normal, without what is further than `bounds` deviations from 0.
  case truncatedNormal(standardDeviation: Double, bounds: ClosedRange<Double> = -2...2)
  /// Uniform in ±gain·√(3 / fanIn) (He et al. 2015). PyTorch's layers use a = √5, that is ±1/√fanIn.
  case kaimingUniform(negativeSlope: Double = 0)
  /// Normal with deviation gain / √fan (He et al. 2015).
  case kaimingNormal(negativeSlope: Double = 0, mode: FanMode = .fanIn)
  /// Uniform in ±gain·√(6 / (fanIn + fanOut)) (Glorot & Bengio 2010).
  case xavierUniform(gain: Double = 1)
  /// Normal with deviation gain·√(2 / (fanIn + fanOut)) (Glorot & Bengio 2010).
  case xavierNormal(gain: Double = 1)
  /// Uniform in ±√(3 / fanIn): variance 1 / fanIn (LeCun et al. 1998).
  case lecunUniform
  /// Normal with variance 1 / fanIn (LeCun et al. 1998): what ``SELU`` needs.
  case lecunNormal
  /// A random matrix with orthonormal rows or columns, whichever are fewer, times a gain (Saxe et al. 2014). Of a matrix
  /// `[outputs, inputs]` or a kernel `[…, outputs]`, whose other axes are one.
  case orthogonal(gain: Double = 1)
  /// Normal, but with a share of the inputs of each column of a matrix zero (Martens 2010).
  case sparse(_ sparsity: Double, standardDeviation: Double = 0.01)
  /// The identity matrix, cut or padded with zeros.
  case identity
  /// A kernel `[…, inputs, outputs]` that passes as many channels as there are on both sides, each group its own.
  case dirac(groups: Int = 1)

  /// Which variance stays the same from layer to layer: that of activations (`fanIn`) or of gradients (`fanOut`).
  public enum FanMode: Hashable, Sendable { case fanIn, fanOut }

  /// By how much the deviation of weights before an activation is raised so that variances stay: PyTorch's table
  /// (`calculate_gain`), which is 1 where the activation is linear around 0.
  ///
  /// - Parameter negativeSlope: Of a leaky ReLU.
  public static func gain(for activation: Activation, negativeSlope: Double = 0.01) -> Double {
    switch activation {
    case .tanh: 5.0 / 3
    case .relu: 2.0.squareRoot()
    case .leakyReLU: gain(negativeSlope)
    case .selu: 3.0 / 4
    default: 1
    }
  }

  /// The kaiming gain of a leaky ReLU: √(2 / (1 + slope²)).
  static func gain(_ negativeSlope: Double) -> Double { (2 / (1 + negativeSlope * negativeSlope)).squareRoot() }

  /// The bound of a uniform distribution, the deviation of a normal one, or the factor of a matrix.
  public func scale(fanIn: Int, fanOut: Int) -> Double {
    let (fanIn, fanOut) = (Double(Swift.max(fanIn, 1)), Double(Swift.max(fanOut, 1)))
    return switch self {
    case .zeros: 0
    case .ones, .identity, .dirac: 1
    case .constant(let value): value
    case .uniform(let bound): bound
    case .normal(let deviation), .truncatedNormal(let deviation, _), .sparse(_, let deviation): deviation
    case .kaimingUniform(let slope): Initializer.gain(slope) * (3 / fanIn).squareRoot()
    case .kaimingNormal(let slope, let mode):
      Initializer.gain(slope) / (mode == .fanIn ? fanIn : fanOut).squareRoot()
    case .xavierUniform(let gain): gain * (6 / (fanIn + fanOut)).squareRoot()
    case .xavierNormal(let gain): gain * (2 / (fanIn + fanOut)).squareRoot()
    case .lecunUniform: (3 / fanIn).squareRoot()
    case .lecunNormal: (1 / fanIn).squareRoot()
    case .orthogonal(let gain): gain
    }
  }

  /// New values, drawn with the next key.
  public func callAsFunction(_ shape: Shape, fanIn: Int, fanOut: Int, key: inout RandomKey) -> Tensor {
    let scale = scale(fanIn: fanIn, fanOut: fanOut)
    switch self {
    case .zeros, .ones, .constant: return .full(scale, shape)
    case .uniform, .kaimingUniform, .xavierUniform, .lecunUniform: return .uniform(shape, in: -scale..<scale, key: &key)
    case .normal, .kaimingNormal, .xavierNormal, .lecunNormal:
      return .normal(shape, standardDeviation: scale, key: &key)
    case .truncatedNormal(_, let bounds):
      return .truncatedNormal(shape, in: bounds, standardDeviation: scale, key: &key)
    case .orthogonal: return Initializer.orthogonal(shape, key: &key) * scale
    case .sparse(let sparsity, _): return Initializer.sparse(shape, sparsity, scale, key: &key)
    case .identity: return Initializer.identity(shape)
    case .dirac(let groups): return Initializer.dirac(shape, groups: groups)
    }
  }

  /// What PyTorch's layers start from: uniform in ±1/√fanIn.
  public static var standard: Initializer { .kaimingUniform(negativeSlope: 5.0.squareRoot()) }
}
