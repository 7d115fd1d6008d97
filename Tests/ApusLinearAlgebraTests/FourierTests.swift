import Apus
import ApusLinearAlgebra
import Foundation
import Testing

/// Fourier transforms against the definition, at lengths of every kind.
@Suite struct FourierTests {
  private func noise(_ shape: Shape, dtype: DType = .float64) -> Tensor {
    var key = RandomKey(7)
    return Tensor.normal(shape, key: &key).cast(to: dtype)
  }

  /// Σ_j x_j exp(−2πi jk/n), with the angle reduced exactly.
  private func definition(_ x: [Double], _ n: Int) -> [Double] {
    (0..<n).flatMap { k -> [Double] in
      var (re, im) = (0.0, 0.0)
      for j in 0..<n {
        let angle = -2 * Double.pi * Double(j * k % n) / Double(n)
        re += x[2 * j] * cos(angle) - x[2 * j + 1] * sin(angle)
        im += x[2 * j] * sin(angle) + x[2 * j + 1] * cos(angle)
      }
      return [re, im]
    }
  }

  @Test(arguments: Array(1...66) + [77, 97, 121, 128, 169, 194, 251, 256, 343, 500, 509, 512, 625, 1000, 1009, 1024])
  func isTheDefinition(_ n: Int) {
    let x = noise([n, 2])
    let expected = Tensor(definition(x.doubles(), n), shape: [n, 2], dtype: .float64)
    expectClose(x.fft(), expected, 1e-13, "fft")
    expectClose(x.cast(to: .float32).fft().cast(to: .float64), expected, 1e-6, "fft in single precision")
    expectClose(x.fft().inverseFFT(), x, 1e-13, "inverse")
    // Along the first axis and in batches that fill the lanes or do not.
    let many = stack([Tensor](repeating: x, count: 11), axis: 1)
    expectClose(many.fft(axis: 0)[0..., 5], expected, 1e-13, "along the first axis")
    expectClose(stack([Tensor](repeating: x, count: 11)).fft()[10], expected, 1e-13, "in a batch")
    let real = x[0..., 0]
    let padded = stack([real, Tensor.zeros([n], dtype: .float64)], axis: 1)
    expectClose(real.realFFT(), padded.fft()[0..<(n / 2 + 1)], 1e-13, "of real numbers")
    expectClose(real.realFFT().inverseRealFFT(count: n), real, 1e-13, "inverse of real numbers")
    let wide = stack([Tensor](repeating: real, count: 9), axis: 1)
    expectClose(wide.realFFT(axis: 0).inverseRealFFT(count: n, axis: 0), wide, 1e-13, "real, along the first axis")
  }

  @Test(arguments: [1 << 17, 100_003, 3 << 15])
  func longOnesComeBack(_ n: Int) {
    let x = noise([n, 2])
    expectClose(x.fft().inverseFFT(), x, 1e-13, "inverse")
    // Parseval.
    let ratio = x.fft(norm: .ortho).squared().sum().item() / x.squared().sum().item()
    #expect(abs(ratio - 1) < 1e-12)
  }

  @Test func severalAxes() {
    let x = noise([3, 4, 5, 2])
    expectClose(x.fft(axes: nil), x.fft(axis: 0).fft(axis: 1).fft(axis: 2), 1e-13, "all axes")
    expectClose(x.fft2D().inverseFFT2D(), x, 1e-13, "two")
    let real = noise([3, 4, 5])
    expectClose(real.realFFT2D().inverseRealFFT2D(width: 5), real, 1e-13, "real, odd width")
    expectClose(real.realFFT(axes: [2, 1]).inverseRealFFT(axes: [2, 1]), real, 1e-13, "real, even height")
  }

  @Test func notFiniteNumbersPassThrough() {
    for value in [Double.nan, .infinity] {
      for n in [8, 15, 17, 23] {
        let x = Tensor([value] + [Double](repeating: 1, count: 2 * n - 1), shape: [n, 2], dtype: .float64)
        #expect(x.fft().doubles().contains { !$0.isFinite })
      }
    }
    #expect(Tensor.zeros([0, 4, 2]).fft().shape == [0, 4, 2])
    #expect(Tensor.zeros([0, 4, 2]).fft().doubles().isEmpty)
  }

  @Test func shiftsAndFrequencies() {
    #expect(Tensor.fftFrequencies(5, spacing: 0.1, dtype: .float64).doubles() == [0, 2, 4, -4, -2])
    #expect(Tensor.fftFrequencies(4).doubles() == [0, 0.25, -0.5, -0.25])
    #expect(Tensor.realFFTFrequencies(4).doubles() == [0, 0.25, 0.5])
    #expect(Tensor.range(5).fftShift().doubles() == [3, 4, 0, 1, 2])
    #expect(Tensor.range(5).fftShift().inverseFFTShift().doubles() == [0, 1, 2, 3, 4])
  }

  @Test func threadsShareThePlans() async {
    let x = noise([100, 2])
    let expected = x.fft().doubles()
    await withTaskGroup(of: Bool.self) { group in
      for thread in 0..<8 {
        group.addTask {
          // Enough lengths to empty the cache under the others' feet.
          for n in 1..<60 { _ = Tensor.ones([n + thread, 2]).fft().doubles() }
          return (x + 0).fft().doubles() == expected
        }
      }
      for await isSame in group { #expect(isSame) }
    }
  }
}
