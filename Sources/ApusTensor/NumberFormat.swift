/// Floating-point numbers written alike: all in positional or all in scientific notation, their points aligned.
struct NumberFormat {
  let texts: [String]

  /// Digits after the point at most, as NumPy's default.
  private static let precision = 8

  init(_ values: [Double], isSingle: Bool) {
    let sizes = values.filter { $0.isFinite && $0 != 0 }.map(Swift.abs)
    let digits = values.map { Decimal($0, isSingle: isSingle) }
    let isScientific =
      isSingle ? NumberFormat.isUneven(sizes.map(Float.init)) : NumberFormat.isUneven(sizes)
    texts = isScientific ? NumberFormat.scientific(digits) : NumberFormat.positional(digits)
  }

  /// Whether numbers are too large, too small or too far apart to be written without exponents.
  private static func isUneven<T: BinaryFloatingPoint>(_ sizes: [T]) -> Bool {
    guard let largest = sizes.max(), let smallest = sizes.min() else { return false }
    return largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000
  }

  /// A number by itself, with all its digits.
  static func single(_ value: Double, isSingle: Bool) -> String {
    let number = Decimal(value, isSingle: isSingle)
    if let special = number.special { return special }
    let size = Swift.abs(value)
    if size != 0, size < 1e-4 || size >= (isSingle ? 1e6 : 1e16) {
      let (mantissa, exponent) = number.scientific(Swift.max(0, number.digits.count - 1))
      return (mantissa.last == "." ? String(mantissa.dropLast()) : mantissa) + "e" + signed(exponent, 2)
    }
    let (whole, fraction) = number.positional(20)
    return whole + "." + (fraction == "" ? "0" : fraction!)
  }

  private static func positional(_ numbers: [Decimal]) -> [String] {
    let parts = numbers.map { $0.positional(precision) }
    let finite = parts.filter { $0.fraction != nil }
    let fraction = finite.compactMap { $0.fraction?.count }.max() ?? 0
    let whole = wholeWidth(finite.map(\.whole.count).max() ?? 0, after: fraction, numbers)
    return parts.map { part in
      guard let digits = part.fraction else { return left(part.whole, whole + 1 + fraction) }
      return left(part.whole, whole) + "." + right(digits, fraction)
    }
  }

  private static func scientific(_ numbers: [Decimal]) -> [String] {
    let finite = numbers.filter { !$0.isSpecial }
    let places = finite.map { min(precision, max(0, $0.rounded(precision + 1).digits.count - 1)) }.max() ?? 0
    let parts = numbers.map { $0.isSpecial ? nil : $0.scientific(places) }
    let power = parts.compactMap { $0.map { String(Swift.abs($0.exponent)).count } }.max() ?? 0
    let tail = places + 2 + max(2, power)
    let head = parts.compactMap { $0.map { $0.mantissa.count - places - 1 } }.max() ?? 0
    let width = wholeWidth(head, after: tail, numbers) + 1 + tail
    return zip(numbers, parts).map { number, part in
      left(part.map { $0.mantissa + "e" + signed($0.exponent, max(2, power)) } ?? number.special ?? "", width)
    }
  }

  /// Columns before the point: more where NaN or an infinity needs them.
  private static func wholeWidth(_ finite: Int, after: Int, _ numbers: [Decimal]) -> Int {
    guard numbers.contains(where: \.isSpecial) else { return finite }
    let longest = numbers.contains { $0.special == "-inf" } ? 4 : 3
    return max(finite, longest - after - 1)
  }

  private static func signed(_ exponent: Int, _ width: Int) -> String {
    let size = String(Swift.abs(exponent))
    return (exponent < 0 ? "-" : "+") + String(repeating: "0", count: max(0, width - size.count)) + size
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

  /// One digit, the point and `places` more; the power of ten.
  func scientific(_ places: Int) -> (mantissa: String, exponent: Int) {
    let number = rounded(places + 1)
    var mantissa = number.digits.map { "\($0)" }
    if mantissa.isEmpty { mantissa = ["0"] }
    while mantissa.count < places + 1 { mantissa.append("0") }
    let text = (isNegative ? "-" : "") + mantissa[0] + "." + mantissa.dropFirst().joined()
    return (text, number.digits.isEmpty ? 0 : number.exponent - 1)
  }
}
