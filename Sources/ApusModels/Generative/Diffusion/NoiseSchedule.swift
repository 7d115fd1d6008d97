import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How much noise each step of a diffusion adds: x_t = √(1 − β_t) x_{t−1} + √β_t ε (Ho, Jain & Abbeel 2020, equation 2).
///
/// Steps count from 0: `cumulativeAlphas[t]` is what the paper calls ᾱ_{t+1}. All numbers are doubles.
public struct NoiseSchedule: Hashable, Sendable {
  /// The schedules that can be chosen by name.
  public enum Kind: String, Hashable, Sendable, CaseIterable { case linear, cosine }

  /// β: the variance that each step adds.
  public let betas: [Double]
  /// ᾱ: the product of 1 − β up to and with each step, the share of an example's variance that is left.
  public let cumulativeAlphas: [Double]

  /// Traps unless every β is above 0 and below 1.
  public init(betas: [Double]) {
    guard !betas.isEmpty, betas.allSatisfy({ 0 < $0 && $0 < 1 }) else {
      fatalError("NoiseSchedule: \(betas.count) variances, expected at least one, and all above 0 and below 1")
    }
    self.betas = betas
    var product = 1.0
    cumulativeAlphas = betas.map { beta in
      product *= 1 - beta
      return product
    }
  }

  /// Variances in a line, 0.0001 to 0.02 over 1,000 steps as in section 4 of the paper; over another number of steps scaled by
  /// 1000 / steps, so that as much noise is added in all (Nichol & Dhariwal 2021).
  public static func linear(steps: Int = 1000, from first: Double = 1e-4, to last: Double = 0.02) -> NoiseSchedule {
    let scale = 1000 / Double(max(1, steps))
    let slope = steps > 1 ? (last - first) / Double(steps - 1) : 0
    return NoiseSchedule(betas: (0..<max(1, steps)).map { min(0.999, (first + slope * Double($0)) * scale) })
  }

  /// ᾱ along a squared cosine: examples are lost more slowly (Nichol & Dhariwal 2021, equation 17).
  ///
  /// - Parameter offset: s, which keeps the first variances from being too small.
  public static func cosine(steps: Int = 1000, offset: Double = 0.008) -> NoiseSchedule {
    func alpha(_ time: Double) -> Double {
      let root = cos((time + offset) / (1 + offset) * .pi / 2)
      return root * root
    }
    let count = Double(max(1, steps))
    return NoiseSchedule(
      betas: (0..<max(1, steps)).map { step in
        min(0.999, 1 - alpha(Double(step + 1) / count) / alpha(Double(step) / count))
      })
  }

  /// The schedule of that kind.
  public init(_ kind: Kind, steps: Int = 1000) {
    self =
      switch kind {
      case .linear: .linear(steps: steps)
      case .cosine: .cosine(steps: steps)
      }
  }

  /// How many steps there are.
  public var steps: Int { betas.count }

  /// x_t of x_0 in one go, √ᾱ_t x + √(1 − ᾱ_t) ε (equation 4), of the examples' shape.
  ///
  /// - Parameters:
  ///   - x: `[batch, …]`.
  ///   - noise: ε, standard normal, of the same shape.
  ///   - steps: Of each example, integers `[batch]`.
  public func noised(_ x: Tensor, _ noise: Tensor, at steps: Tensor) -> Tensor {
    guard x.shape == noise.shape, x.rank >= 1, steps.shape == [x.shape[0]] else {
      return .mistake(
        "NoiseSchedule: examples \(x.shape), noise \(noise.shape) and steps \(steps.shape), expected two of one shape "
          + "[batch, …] and [batch]")
    }
    let column = Shape([x.shape[0]] + [Int](repeating: 1, count: x.rank - 1))
    func looked(_ values: [Double]) -> Tensor {
      Tensor(values.map(Float.init)).take(steps, axis: 0).reshaped(to: column)
    }
    let signal = looked(cumulativeAlphas.map { $0.squareRoot() })
    return x * signal + noise * looked(cumulativeAlphas.map { (1 - $0).squareRoot() })
  }

  /// What x_{t−1} is like given x_t and x_0 (equations 6 and 7): its mean is `sample` · x_0 + `state` · x_t.
  public func posterior(at step: Int) -> (sample: Double, state: Double, variance: Double) {
    let (beta, alpha) = (betas[step], cumulativeAlphas[step])
    let before = step > 0 ? cumulativeAlphas[step - 1] : 1
    return (
      before.squareRoot() * beta / (1 - alpha), (1 - beta).squareRoot() * (1 - before) / (1 - alpha),
      beta * (1 - before) / (1 - alpha)
    )
  }
}
