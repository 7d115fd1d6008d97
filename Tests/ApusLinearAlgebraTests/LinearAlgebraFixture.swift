import Apus
import ApusFiles
import ApusLinearAlgebra
import Foundation
import Testing

/// A case of `Tests/Fixtures/linear_algebra.json`: a call, and what PyTorch made of it in float64.
struct LinearAlgebraFixture: Sendable, CustomTestStringConvertible {
  let number: Int
  let op: String
  let attributes: JSONValue
  let inputs: [Tensor]
  let outputs: [Tensor]
  let cotangents: [Tensor?]
  let gradients: [Tensor?]

  var testDescription: String { "PyTorch case \(number), \(op), \(inputs.map(\.shape))" }

  static func load() -> [LinearAlgebraFixture] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/linear_algebra.json")
    do {
      let json = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
      return (json["cases"]?.array ?? []).enumerated().map { LinearAlgebraFixture($0.offset, $0.element) }
    } catch {
      fatalError("\(file.path): \(error)")
    }
  }

  private init(_ number: Int, _ json: JSONValue) {
    func tensors(_ name: String) -> [Tensor?] {
      (json[name]?.array ?? []).map { array in
        guard let shape = array["shape"]?.array, let values = array["values"]?.array else { return nil }
        let dtype: DType = array["dtype"]?.string == "int32" ? .int32 : .float64
        return Tensor(values.compactMap(\.double), shape: Shape(shape.compactMap(\.int)), dtype: dtype)
      }
    }
    self.number = number
    op = json["op"]?.string ?? ""
    attributes = json["attributes"] ?? [:]
    inputs = tensors("inputs").compactMap(\.self)
    outputs = tensors("outputs").compactMap(\.self)
    cotangents = tensors("cotangents")
    gradients = tensors("gradients")
  }

  private func int(_ name: String) -> Int? { attributes[name]?.int }
  private func ints(_ name: String) -> [Int]? { attributes[name]?.array?.compactMap(\.int) }
  private func flag(_ name: String) -> Bool { attributes[name]?.bool ?? false }
  private var norm: FourierNorm {
    switch attributes["norm"]?.string {
    case "ortho": .ortho
    case "forward": .forward
    default: .backward
    }
  }

  /// Our call; of factorizations, what does not depend on a choice of signs. Nil when there is none.
  func call(_ x: [Tensor]) -> [Tensor]? {
    switch op {
    case "choleskyFactor": return [x[0].choleskyFactor()]
    case "qr":
      let (q, r) = x[0].qr()
      return [q, r]
    case "svd":
      let (u, s, vt) = x[0].svd()
      return [s, u.squared(), vt.squared(), u.matmul(vt)]
    case "singularValues": return [x[0].singularValues()]
    case "symmetricEigen":
      let (values, vectors) = x[0].symmetricEigen()
      return [values, vectors.squared()]
    case "symmetricEigenvalues": return [x[0].symmetricEigenvalues()]
    case "solve": return [x[0].solve(x[1])]
    case "solveTriangular":
      let (upper, transposed, unit) = (flag("upper"), flag("transposed"), flag("unitDiagonal"))
      return [x[0].solveTriangular(x[1], upper: upper, transposed: transposed, unitDiagonal: unit)]
    case "inverse": return [x[0].inverse()]
    case "determinant": return [x[0].determinant()]
    case "logDeterminant":
      let (sign, logarithm) = x[0].logDeterminant()
      return [sign, logarithm]
    case "matrixExponential": return [x[0].matrixExponential()]
    case "matrixPower": return [x[0].matrixPower(int("exponent") ?? 0)]
    case "pseudoInverse": return [x[0].pseudoInverse(tolerance: attributes["tolerance"]?.double)]
    case "leastSquares": return [x[0].leastSquares(x[1])]
    case "conditionNumber": return [x[0].conditionNumber()]
    case "matrixRank": return [x[0].matrixRank()]
    default: return transform(x)
    }
  }

  private func transform(_ x: [Tensor]) -> [Tensor]? {
    let (axes, counts) = (ints("axes") ?? [], ints("counts"))
    let single = axes.count == 1
    switch op {
    case "fft":
      return [
        single
          ? x[0].fft(count: counts?[0], axis: axes[0], norm: norm) : x[0].fft(counts: counts, axes: axes, norm: norm)
      ]
    case "inverseFFT": return [x[0].inverseFFT(counts: counts, axes: axes, norm: norm)]
    case "realFFT":
      return [
        single
          ? x[0].realFFT(count: counts?[0], axis: axes[0], norm: norm)
          : x[0].realFFT(counts: counts, axes: axes, norm: norm)
      ]
    case "inverseRealFFT": return [x[0].inverseRealFFT(counts: counts, axes: axes, norm: norm)]
    case "fftShift": return [x[0].fftShift()]
    case "inverseFFTShift": return [x[0].inverseFFTShift()]
    case "fftFrequencies": return [.fftFrequencies(int("count") ?? 0, spacing: 0.5, dtype: .float64)]
    case "realFFTFrequencies": return [.realFFTFrequencies(int("count") ?? 0, spacing: 0.5, dtype: .float64)]
    default: return nil
    }
  }

  /// Whether the call is smooth, so that it can be differentiated.
  var isDifferentiable: Bool { !inputs.isEmpty && op != "matrixRank" }

  /// Whether it stays so nearby: the pseudoinverse jumps where the rank changes.
  var isSmooth: Bool { isDifferentiable && attributes["tolerance"] == nil }
}
