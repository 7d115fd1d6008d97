/// How numbers are laid out along an axis.
public enum ScaleKind: Hashable, Sendable {
  case linear
  /// By their logarithm: numbers above 0.
  case logarithmic
  /// By their logarithm beyond ±`threshold`, almost linear between: sign(x)·log₁₀(1 + |x| / threshold) (Webber 2013).
  case symmetricLogarithmic(threshold: Double)

  /// The number as the axis measures it; NaN where the axis has no place for it.
  func warped(_ value: Double) -> Double {
    switch self {
    case .linear: value
    case .logarithmic: value > 0 ? Mathematics.decimalLogarithm(value) : .nan
    case .symmetricLogarithmic(let threshold):
      (value < 0 ? -1 : 1) * Mathematics.decimalLogarithm(1 + value.magnitude / threshold)
    }
  }
}

/// Maps numbers to places on a drawing.
public struct Scale: Hashable, Sendable {
  public let kind: ScaleKind
  public let domain: ClosedRange<Double>
  /// The pixels of the domain's ends; the first may be the greater one.
  public let pixels: (first: Double, last: Double)
  private let low: Double
  private let span: Double

  public init(_ kind: ScaleKind = .linear, domain: ClosedRange<Double>, pixels: (first: Double, last: Double)) {
    (self.kind, self.domain, self.pixels) = (kind, domain, pixels)
    low = kind.warped(domain.lowerBound)
    span = kind.warped(domain.upperBound) - low
  }

  /// The place of a number; NaN for what a logarithmic scale cannot show.
  public func callAsFunction(_ value: Double) -> Double {
    let share = span == 0 ? 0.5 : (kind.warped(value) - low) / span
    return pixels.first + (pixels.last - pixels.first) * share
  }

  public static func == (a: Scale, b: Scale) -> Bool {
    a.kind == b.kind && a.domain == b.domain && a.pixels == b.pixels
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(domain)
  }

  /// About `count` round numbers in the domain with their labels, and marks without one between them.
  public func ticks(_ count: Int) -> Ticks {
    switch kind {
    case .linear: .linear(domain, count)
    case .logarithmic: .logarithmic(domain, count)
    case .symmetricLogarithmic(let threshold): .symmetricLogarithmic(domain, threshold: threshold)
    }
  }

  /// The domain for data: a little wider, so that nothing lies on the frame; never empty.
  static func domain(of data: ClosedRange<Double>?, _ kind: ScaleKind, padding: Double) -> ClosedRange<Double> {
    guard let data else { return kind == .logarithmic ? 1...10 : 0...1 }
    let (low, high) = (data.lowerBound, data.upperBound)
    if kind == .logarithmic {
      guard high > 0 else { return 1...10 }
      let low = low > 0 ? low : high * 1e-3
      if low == high { return (low / 2)...(low * 2) }
      let ratio = exponential(padding * Mathematics.decimalLogarithm(high / low))
      return (low / ratio)...(high * ratio)
    }
    if low == high {
      let reach = low == 0 ? 1 : low.magnitude * 0.5
      return (low - reach)...(high + reach)
    }
    // On a bent axis a share of the numbers' distance would be too much at the small end.
    if case .symmetricLogarithmic = kind { return (low - low.magnitude * 0.2)...(high + high.magnitude * 0.2) }
    return (low - (high - low) * padding)...(high + (high - low) * padding)
  }

  /// 10ˣ for a small positive x, good enough for a margin: 1 + x·ln 10 + (x·ln 10)² / 2.
  private static func exponential(_ x: Double) -> Double {
    let y = x * 2.302585092994046
    return 1 + y + y * y / 2
  }
}
