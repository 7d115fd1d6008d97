extension Double {
  /// With two digits after the point, whatever the number: coordinates of a drawing, the same on every machine.
  var decimal: String { fixed(2) }

  /// With so many digits after the point, rounded half away from zero; never `-0`.
  func fixed(_ digits: Int) -> String {
    guard isFinite else { return isNaN ? "NaN" : self < 0 ? "−∞" : "∞" }
    let unit = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let scaled = (magnitude * unit).rounded()
    guard scaled < 0x1p62 else { return description }
    let number = Int(scaled)
    let whole = number / Int(unit)
    let sign = self < 0 && number != 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let rest = String(number % Int(unit))
    return "\(sign)\(whole).\(String(repeating: "0", count: digits - rest.count))\(rest)"
  }

  /// A short reading of a number, with about so many significant digits: `0.05`, `12.3`, `1.5·10⁶`.
  public func short(_ digits: Int = 3) -> String {
    guard isFinite, self != 0 else { return self == 0 ? "0" : fixed(0) }
    let exponent = NumberText.exponent(of: self)
    guard exponent >= -4, exponent < 6 else {
      let mantissa = self / NumberText.power(exponent)
      let text = NumberText.trimmed(mantissa.fixed(Swift.max(0, digits - 1)))
      let power = "10" + NumberText.superscript(exponent)
      return (text == "1" ? power : text == "-1" ? "-\(power)" : "\(text)·\(power)").withMinusSign
    }
    return NumberText.trimmed(fixed(Swift.max(0, digits - 1 - exponent))).withMinusSign
  }
}

extension String {
  /// With the minus of mathematics, as wide as a plus.
  var withMinusSign: String { String(map { $0 == "-" ? "−" : $0 }) }
}

extension Point {
  var text: String { "\(x.decimal) \(y.decimal)" }
}

/// How numbers are written at axes.
enum NumberText {
  /// ⌊log₁₀|x|⌋, right also next to powers of ten.
  static func exponent(of value: Double) -> Int {
    var exponent = Int(Mathematics.decimalLogarithm(value.magnitude).rounded(.down))
    if power(exponent + 1) <= value.magnitude { exponent += 1 }
    if power(exponent) > value.magnitude { exponent -= 1 }
    return exponent
  }

  /// 10ⁿ, the nearest double.
  static func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? (exponent < 0 ? 0 : .infinity) }

  /// A decimal number without zeros at its end.
  static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text[...]
    while text.last == "0" { text = text.dropLast() }
    return String(text.last == "." ? text.dropLast() : text)
  }

  static func superscript(_ number: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return String(String(number).map { $0 == "-" ? "⁻" : digits[$0.wholeNumberValue ?? 0] })
  }

  /// The labels of evenly spaced ticks: all with as many digits as their distance asks for.
  static func labels(of ticks: [Double]) -> [String] {
    guard ticks.count > 1, let largest = ticks.map(\.magnitude).max(), largest > 0 else {
      return ticks.map { $0.short() }
    }
    let step = (ticks[1] - ticks[0]).magnitude
    let exponent = exponent(of: largest)
    // Small and large numbers share a power of ten, written with each.
    let isPlain = exponent >= -3 && exponent < 5
    let unit = isPlain ? 1 : power(exponent)
    // The step is m·10ⁿ with one digit, or with two (25·10ⁿ).
    let scaled = step / unit
    var digits = max(0, -self.exponent(of: scaled * (1 + 1e-9)))
    if (scaled * power(digits)).rounded().distance(to: scaled * power(digits)).magnitude > 1e-6 { digits += 1 }
    return ticks.map { tick in
      let text = (tick / unit).fixed(digits).withMinusSign
      return isPlain || tick == 0 ? (tick == 0 ? "0" : text) : "\(text)·10\(superscript(exponent))"
    }
  }
}
