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
  /// Uniform in ±gain·√(3 / fanIn) (He et al. 2015). PyTorch's layers use a = √5, that is ±1/√fanIn.
  case kaimingUniform(negativeSlope: Double = 0)
  /// Normal with deviation gain / √fan (He et al. 2015).
  case kaimingNormal(negativeSlope: Double = 0, mode: FanMode = .fanIn)
  /// Uniform in ±gain·√(6 / (fanIn + fanOut)) (Glorot & Bengio 2010).
  case xavierUniform(gain: Double = 1)
  /// Normal with deviation gain·√(2 / (fanIn + fanOut)) (Glorot & Bengio 2010).
  case xavierNormal(gain: Double = 1)

  /// Which variance stays the same from layer to layer: that of activations (`fanIn`) or of gradients (`fanOut`).
  public enum FanMode: Hashable, Sendable { case fanIn, fanOut }

  /// The kaiming gain of a leaky ReLU: √(2 / (1 + slope²)).
  static func gain(_ negativeSlope: Double) -> Double { (2 / (1 + negativeSlope * negativeSlope)).squareRoot() }

  /// The bound of a uniform distribution, or the deviation of a normal one.
  public func scale(fanIn: Int, fanOut: Int) -> Double {
    let (fanIn, fanOut) = (Double(Swift.max(fanIn, 1)), Double(Swift.max(fanOut, 1)))
    return switch self {
    case .zeros: 0
    case .ones: 1
    case .constant(let value): value
    case .uniform(let bound): bound
    case .normal(let deviation): deviation
    case .kaimingUniform(let slope): Initializer.gain(slope) * (3 / fanIn).squareRoot()
    case .kaimingNormal(let slope, let mode):
      Initializer.gain(slope) / (mode == .fanIn ? fanIn : fanOut).squareRoot()
    case .xavierUniform(let gain): gain * (6 / (fanIn + fanOut)).squareRoot()
    case .xavierNormal(let gain): gain * (2 / (fanIn + fanOut)).squareRoot()
    }
  }

  /// New values, drawn with the next key.
  public func callAsFunction(_ shape: Shape, fanIn: Int, fanOut: Int, key: inout RandomKey) -> Tensor {
    let scale = scale(fanIn: fanIn, fanOut: fanOut)
    switch self {
    case .zeros, .ones, .constant: return .full(scale, shape)
    case .uniform, .kaimingUniform, .xavierUniform: return .uniform(shape, in: -scale..<scale, key: &key)
    case .normal, .kaimingNormal, .xavierNormal: return .normal(shape, standardDeviation: scale, key: &key)
    }
  }

  /// What PyTorch's layers start from: uniform in ±1/√fanIn.
  public static var standard: Initializer { .kaimingUniform(negativeSlope: 5.0.squareRoot()) }
}
