/// Floating-point numbers written alike: all in positional or all in scientific notation, their points aligned.
struct NumberFormat {
  let texts: [String]

  /// Digits after the point at most, as NumPy's default.
  private static let precision = 8

  init(_ values: [Double], isSingle: Bool) {
    let finite = values.filter { $0.isFinite && $0 != 0 }.map(Swift.abs)
    let (largest, smallest) = (finite.max() ?? 0, finite.min() ?? 0)
    let isScientific = largest >= 1e8 || (smallest > 0 && (smallest < 1e-4 || largest / smallest > 1000))
    let digits = values.map { Decimal($0, isSingle: isSingle) }
    texts = isScientific ? NumberFormat.scientific(digits) : NumberFormat.positional(digits)
  }

  private static func positional(_ numbers: [Decimal]) -> [String] {
    let parts = numbers.map { $0.positional(precision) }
    let whole = parts.map(\.whole.count).max() ?? 0
    let fraction = parts.compactMap { $0.fraction?.count }.max() ?? 0
    return parts.map { part in
      guard let digits = part.fraction else { return left(part.whole, whole + (fraction >= 0 ? fraction + 1 : 0)) }
      return left(part.whole, whole) + "." + right(digits, fraction)
    }
  }

  private static func scientific(_ numbers: [Decimal]) -> [String] {
    let mantissas = numbers.map {
      $0.isSpecial ? 0 : min(precision, max(0, $0.rounded(precision + 1).digits.count - 1))
    }
    let places = mantissas.max() ?? 0
    let texts = numbers.map { $0.scientific(places) }
    let width = texts.map(\.count).max() ?? 0
    return texts.map { left($0, width) }
  }

  private static func left(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func right(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

/// The shortest decimal digits that name a number: 0.d₁d₂… × 10^exponent.
private struct Decimal {
  var isNegative: Bool
  var digits: [UInt8]
  var exponent: Int
  var special: String?

  var isSpecial: Bool { special != nil }

  init(_ value: Double, isSingle: Bool) {
    isNegative = value.sign == .minus
    digits = []
    exponent = 0
    if value.isNaN {
      special = "nan"
      return
    }
    if value.isInfinite {
      special = value < 0 ? "-inf" : "inf"
      return
    }
    // Swift prints the shortest digits that read back as the same number.
    let text = isSingle ? Float(value).magnitude.description : value.magnitude.description
    let halves = text.split(separator: "e")
    let shift = halves.count > 1 ? Int(halves[1])! : 0
    let mantissa = halves[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    digits = (mantissa[0] + fraction).utf8.map { $0 - 48 }
    exponent = mantissa[0].utf8.count + shift
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(zeros)
    exponent -= zeros
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { exponent = 0 }
  }

  /// Kept to that many digits, halves to even.
  func rounded(_ count: Int) -> Decimal {
    guard digits.count > Swift.max(count, 0) else { return self }
    var result = self
    guard count >= 0 else {
      result.digits = []
      return result
    }
    let isHalf = digits[count] == 5 && digits.count == count + 1
    let isUp = digits[count] > 5 || (digits[count] == 5 && (!isHalf || (count > 0 && digits[count - 1] % 2 == 1)))
    result.digits = Array(digits[..<count])
    if isUp {
      var place = count - 1
      while place >= 0, result.digits[place] == 9 {
        result.digits[place] = 0
        place -= 1
      }
      if place >= 0 {
        result.digits[place] += 1
      } else {
        result.digits.insert(1, at: 0)
        result.exponent += 1
      }
    }
    while result.digits.last == 0 { result.digits.removeLast() }
    return result
  }

  func positional(_ precision: Int) -> (whole: String, fraction: String?) {
    if let special { return (special, nil) }
    let number = rounded(exponent + precision)
    var whole = ""
    var fraction = ""
    if number.exponent > 0 {
      for place in 0..<number.exponent { whole += place < number.digits.count ? "\(number.digits[place])" : "0" }
      for digit in number.digits.dropFirst(number.exponent) { fraction += "\(digit)" }
    } else if !number.digits.isEmpty {
      fraction = String(repeating: "0", count: -number.exponent) + number.digits.map { "\($0)" }.joined()
    }
    return ((isNegative ? "-" : "") + (whole.isEmpty ? "0" : whole), fraction)
  }

  func scientific(_ places: Int) -> String {
    if let special { return special }
    let number = rounded(places + 1)
    let power = number.digits.isEmpty ? 0 : number.exponent - 1
    var mantissa = number.digits.map { "\($0)" }
    if mantissa.isEmpty { mantissa = ["0"] }
    while mantissa.count < places + 1 { mantissa.append("0") }
    let sign = power < 0 ? "-" : "+"
    let size = Swift.abs(power)
    return (isNegative ? "-" : "") + mantissa[0] + "." + mantissa.dropFirst().joined() + "e" + sign
      + (size < 10 ? "0" : "") + "\(size)"
  }
}
