/// Round numbers along an axis.
public struct Ticks: Hashable, Sendable {
  public var values: [Double]
  public var labels: [String]
  /// Where there is a mark and no label.
  public var minor: [Double] = []

  public init(values: [Double], labels: [String], minor: [Double] = []) {
    (self.values, self.labels, self.minor) = (values, labels, minor)
  }

  /// Multiples of 1, 2 or 5 times a power of ten within the domain, about `count` of them.
  static func linear(_ domain: ClosedRange<Double>, _ count: Int) -> Ticks {
    let values = roundNumbers(in: domain, count: count)
    return Ticks(values: values, labels: NumberText.labels(of: values))
  }

  /// Multiples of 1, 2 or 5 times a power of ten from the lower to the upper bound, about `count` of them.
  ///
  /// The step is the one whose count is nearest in ratio; each number is the nearest double to its decimal text, as in
  /// D3 (d3-array, `ticks`).
  public static func roundNumbers(in domain: ClosedRange<Double>, count: Int) -> [Double] {
    let (start, stop) = (domain.lowerBound, domain.upperBound)
    guard count > 0, start.isFinite, stop.isFinite else { return [] }
    if start == stop { return [start] }
    let rough = (stop - start) / Double(count)
    guard rough > 0, rough.isFinite else { return [] }
    let power = NumberText.exponent(of: rough)
    let error = rough / NumberText.power(power)
    // Half way to the next in ratio: √(5·10), √(2·5), √(1·2).
    let factor = error >= 50.0.squareRoot() ? 10.0 : error >= 10.0.squareRoot() ? 5 : error >= 2.0.squareRoot() ? 2 : 1
    // Powers of ten below 1 are not exact: divide by their inverse.
    let isFraction = power < 0
    let unit = isFraction ? NumberText.power(-power) / factor : NumberText.power(power) * factor
    func number(_ index: Double) -> Double { isFraction ? index / unit : index * unit }
    var first = (isFraction ? start * unit : start / unit).rounded()
    var last = (isFraction ? stop * unit : stop / unit).rounded()
    if number(first) < start { first += 1 }
    if number(last) > stop { last -= 1 }
    if last < first { return count < 2 ? roundNumbers(in: domain, count: 2) : [] }
    return (0...Int(last - first)).map { number(first + Double($0)) + 0 }
  }

  /// Powers of ten; every other or fewer where there are many; 1, 2 and 5 times them where there are few.
  static func logarithmic(_ domain: ClosedRange<Double>, _ count: Int) -> Ticks {
    guard domain.lowerBound > 0 else { return Ticks(values: [], labels: []) }
    let (low, high) = (NumberText.exponent(of: domain.lowerBound), NumberText.exponent(of: domain.upperBound))
    let decades = (low...high).filter { domain.contains(NumberText.power($0)) }
    let isCrowded = decades.count > 12
    let multiples = (low...high).flatMap { decade in (1...9).map { Double($0) * NumberText.power(decade) } }
      .filter(domain.contains)
    if decades.count >= 3 {
      let stride = max(1, (decades.count + count - 1) / max(1, count))
      let shown = decades.filter { $0 % stride == 0 }
      return Ticks(
        values: shown.map(NumberText.power), labels: shown.map(powerLabel),
        minor: isCrowded ? [] : multiples.filter { value in !shown.contains { NumberText.power($0) == value } })
    }
    let rounder = multiples.filter { value in
      [1, 2, 5].contains { ($0 * NumberText.power(NumberText.exponent(of: value)) / value - 1).magnitude < 1e-9 }
    }
    if rounder.count >= 3 {
      return Ticks(
        values: rounder, labels: rounder.map { $0.short() }, minor: multiples.filter { !rounder.contains($0) })
    }
    return linear(domain, count)
  }

  static func symmetricLogarithmic(_ domain: ClosedRange<Double>, threshold: Double) -> Ticks {
    let largest = max(domain.lowerBound.magnitude, domain.upperBound.magnitude)
    let first = NumberText.exponent(of: threshold)
    let powers = first <= NumberText.exponent(of: largest) ? Array(first...NumberText.exponent(of: largest)) : []
    let stride = max(1, (powers.count + 4) / 5)
    let positive = powers.enumerated().filter { $0.offset % stride == 0 }.map { NumberText.power($0.element) }
    let values = (positive.reversed().map { -$0 } + [0] + positive).filter(domain.contains)
    return Ticks(values: values, labels: values.map { $0.short() })
  }

  private static func powerLabel(_ exponent: Int) -> String {
    (-2...3).contains(exponent) ? NumberText.power(exponent).short(4) : "10" + NumberText.superscript(exponent)
  }
}
