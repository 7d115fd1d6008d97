#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// log |Γ(x)|.
func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}

/// The derivative of log Γ(x): recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 1964, 6.3.18).
func digamma(_ x: Double) -> Double {
  if x == 0 { return x.sign == .minus ? .infinity : -.infinity }
  if x.isNaN || x == -.infinity { return .nan }
  if x < 0 {
    if x == x.rounded() { return .nan }
    // Reflection, 6.3.7; the distance from the nearest pole keeps the tangent exact, far from 0 and near a pole.
    return digamma(1 - x) - .pi / tan(.pi * (x - x.rounded()))
  }
  var (x, shift) = (x, 0.0)
  while x < 10 {
    shift -= 1 / x
    x += 1
  }
  let square = 1 / (x * x)
  let coefficients = [1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12]
  let series = coefficients.reversed().reduce(0) { ($0 + $1) * square }
  return shift + log(x) - 0.5 / x - series
}

/// The number whose error function is `y`: bisection to a start, then Newton's steps on erf or erfc.
func erfInverse(_ y: Double) -> Double {
  if y.isNaN || abs(y) > 1 { return .nan }
  if abs(y) == 1 { return y * .infinity }
  if y == 0 { return y }
  let size = abs(y)
  var (low, high) = (0.0, 6.5)
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if size < 0.5 ? erf(middle) < size : erfc(middle) > 1 - size { low = middle } else { high = middle }
  }
  var x = (low + high) / 2
  for _ in 0..<2 {
    let error = size < 0.5 ? erf(x) - size : (1 - size) - erfc(x)
    x -= error / (2 / Double.pi.squareRoot() * exp(-x * x))
  }
  return y < 0 ? -x : x
}
