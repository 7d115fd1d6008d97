/// The polynomial of a degree that is nearest to data in the sum of squares, over the interval −1…1.
///
/// In Legendre's polynomials, whose normal equations stay well conditioned, and by Householder's reflections.
public struct PolynomialFit: Hashable, Sendable {
  /// Of Legendre's polynomials P₀, P₁, …
  public let coefficients: [Double]

  public var degree: Int { coefficients.count - 1 }

  /// Traps unless there are as many values as places, and more of them than the degree.
  public init(degree: Int, _ places: [Double], _ values: [Double]) {
    precondition(
      places.count == values.count && places.count > degree && degree >= 0,
      "PolynomialFit: degree \(degree) for \(places.count) places and \(values.count) values")
    var rows = places.map { PolynomialFit.legendre($0, degree: degree) }
    var right = values
    let columns = degree + 1
    for column in 0..<columns {
      let norm = rows[column...].reduce(0) { $0 + $1[column] * $1[column] }.squareRoot()
      guard norm > 0 else { continue }
      let alpha = rows[column][column] > 0 ? -norm : norm
      // The reflection I − 2vvᵀ / vᵀv that leaves only α in the column.
      var v = rows[column...].map { $0[column] }
      v[0] -= alpha
      let square = v.reduce(0) { $0 + $1 * $1 }
      guard square > 0 else { continue }
      for target in column...columns {
        var product = 0.0
        for (offset, value) in v.enumerated() {
          product += value * (target == columns ? right[column + offset] : rows[column + offset][target])
        }
        let scale = 2 * product / square
        for (offset, value) in v.enumerated() {
          if target == columns {
            right[column + offset] -= scale * value
          } else {
            rows[column + offset][target] -= scale * value
          }
        }
      }
    }
    var solution = [Double](repeating: 0, count: columns)
    for row in (0..<columns).reversed() {
      var sum = right[row]
      for column in (row + 1)..<max(row + 1, columns) { sum -= rows[row][column] * solution[column] }
      solution[row] = rows[row][row] == 0 ? 0 : sum / rows[row][row]
    }
    coefficients = solution
  }

  public func callAsFunction(_ x: Double) -> Double {
    zip(coefficients, PolynomialFit.legendre(x, degree: degree)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// P₀(x) to P_degree(x), by Bonnet's recursion.
  private static func legendre(_ x: Double, degree: Int) -> [Double] {
    var values = [1.0]
    if degree > 0 { values.append(x) }
    for n in stride(from: 1, to: degree, by: 1) {
      values.append((Double(2 * n + 1) * x * values[n] - Double(n) * values[n - 1]) / Double(n + 1))
    }
    return values
  }
}
