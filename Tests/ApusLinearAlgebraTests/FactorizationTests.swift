import Apus
import ApusLinearAlgebra
import Testing

/// What the factorizations promise beside their values: failures, sizes, mistakes, threads.
@Suite struct FactorizationTests {
  private static let singular = Tensor([1, 2, 2, 4], shape: [2, 2], dtype: .float64)

  private func noise(_ shape: Shape, seed: UInt64 = 1, dtype: DType = .float64) -> Tensor {
    var key = RandomKey(seed)
    return Tensor.normal(shape, key: &key).cast(to: dtype)
  }

  private func isNaN(_ x: Tensor) -> Bool { x.count > 0 && x.doubles().allSatisfy(\.isNaN) }

  @Test(arguments: [DType.float32, .float64])
  func factorsMultiplyBack(_ dtype: DType) {
    let tolerance = dtype == .float64 ? 1e-12 : 1e-4
    for (m, n) in [(1, 1), (7, 3), (3, 7), (40, 40), (130, 70), (70, 130)] {
      let a = noise([2, m, n], dtype: dtype)
      let (q, r) = a.qr()
      expectClose(q.matmul(r), a, tolerance, "qr \(m) \(n)")
      expectClose(
        q.swapping(-1, -2).matmul(q),
        Tensor.eye(Swift.min(m, n), dtype: dtype).broadcast(to: r[0..., 0..., 0..<Swift.min(m, n)].shape),
        tolerance, "q")
      let (u, s, vt) = a.svd()
      expectClose((u * s.expandingAxis(1)).matmul(vt), a, tolerance, "svd \(m) \(n)")
      expectClose(a.singularValues(), s, tolerance, "singular values")
      let square = a.matmul(a.swapping(-1, -2))
      let (w, v) = square.symmetricEigen()
      expectClose((v * w.expandingAxis(1)).matmul(v.swapping(-1, -2)), square, tolerance, "eigen \(m)")
      let definite = square + Tensor.eye(m, dtype: dtype)
      let l = definite.choleskyFactor()
      expectClose(l.matmul(l.swapping(-1, -2)), definite, tolerance, "cholesky \(m)")
      expectClose(definite.matmul(definite.solve(a)), a, tolerance * 100, "solve \(m)")
      expectClose(
        definite.matmul(definite.inverse()), Tensor.eye(m, dtype: dtype).broadcast(to: square.shape), tolerance * 100,
        "inverse")
    }
  }

  @Test func failuresAreNaN() {
    let a = Self.singular
    #expect(isNaN((-Tensor.eye(3)).choleskyFactor()))
    #expect(isNaN(a.inverse()))
    #expect(isNaN(a.solve(Tensor([1, 1], dtype: .float64))))
    #expect(a.determinant().item() == 0)
    let (sign, logarithm) = a.logDeterminant()
    #expect(sign.item() == 0 && logarithm.item() == -.infinity)
    #expect(a.matrixRank().item() == 1)
    #expect(a.conditionNumber().item() > 1e15)
    // One bad matrix does not spoil its neighbours.
    let mixed = stack([a, Tensor.eye(2, dtype: .float64)])
    #expect(isNaN(mixed.inverse()[0]))
    #expect(mixed.inverse()[1].doubles() == [1, 0, 0, 1])
    #expect(stack([-Tensor.eye(2), Tensor.eye(2)]).isPositiveDefinite().doubles() == [0, 1])
  }

  /// Neither hangs nor crashes, and says so in its result.
  @Test(arguments: [Double.nan, .infinity, -.infinity], [1, 3, 40])
  func whatIsNotFiniteGivesNaN(_ value: Double, _ n: Int) {
    for dtype in [DType.float32, .float64] {
      var values = noise([n, n]).doubles()
      values[n * n - 1] = value
      let a = Tensor(values, shape: [n, n], dtype: dtype)
      #expect(isNaN(a.choleskyFactor()) && isNaN(a.inverse()) && isNaN(a.qr().q) && isNaN(a.qr().r))
      #expect(isNaN(a.svd().u) && isNaN(a.svd().s) && isNaN(a.svd().vt) && isNaN(a.singularValues()))
      #expect(isNaN(a.symmetricEigen().values) && isNaN(a.symmetricEigen().vectors) && isNaN(a.pseudoInverse()))
      #expect(isNaN(a.matrixExponential()) && isNaN(a.determinant()) && isNaN(a.solve(Tensor.ones([n], dtype: dtype))))
      #expect(isNaN(a.logDeterminant().logarithm) && a.isPositiveDefinite().item() == 0)
      _ = a.solveTriangular(Tensor.ones([n], dtype: dtype)).doubles()
      _ = a.matrixRank().doubles()
      let gradient = grad { $0.svd().u.sum() + $0.determinant() + $0.qr().r.sum() }(a)
      #expect(isNaN(gradient))
    }
  }

  @Test func emptyMatricesAreAllowed() {
    for shape in [[0, 3, 3], [2, 0, 0], [0, 0]] as [Shape] {
      let a = Tensor.zeros(shape, dtype: .float64)
      #expect(a.choleskyFactor().shape == shape && a.choleskyFactor().doubles().isEmpty)
      #expect(a.inverse().doubles().isEmpty && a.matrixExponential().doubles().isEmpty)
      #expect(a.symmetricEigen().values.doubles().isEmpty)
    }
    #expect(Tensor.zeros([2, 0, 0], dtype: .float64).determinant().doubles() == [1, 1])
    let wide = Tensor.zeros([0, 3])
    #expect(wide.qr().r.shape == [0, 3] && wide.svd().u.shape == [0, 0] && wide.pseudoInverse().shape == [3, 0])
    #expect(wide.svd().vt.doubles().isEmpty && wide.matrixRank().item() == 0)
  }

  /// The gradient of a determinant exists where there is no inverse.
  @Test func determinantOfSingularMatrixHasAGradient() {
    #expect(isClose(grad { $0.determinant() }(Self.singular), [4, -2, -2, 1]))
    let zero = Tensor.zeros([3, 3], dtype: .float64)
    #expect(isClose(grad { $0.determinant() }(zero), [Double](repeating: 0, count: 9)))
    let rankTwo = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3], dtype: .float64)
    #expect(isClose(grad { $0.determinant() }(rankTwo), [-3, 6, -3, 6, -12, 6, -3, 6, -3]))
  }

  /// Where values are equal the vectors are anybody's choice, but what does not depend on it has its gradient.
  @Test func equalValuesHaveFiniteGradients() {
    let eye = Tensor.eye(3, dtype: .float64)
    #expect(isClose(grad { $0.symmetricEigen().values.sum() }(eye), eye.doubles()))
    #expect(isClose(grad { $0.svd().s.sum() }(eye), eye.doubles()))
    let rebuilt = grad { (a: Tensor) -> Tensor in
      let (w, v) = a.symmetricEigen()
      return (v * w.expandingAxis(0)).matmul(v.swapping(-1, -2))[0, 0]
    }
    #expect(isClose(rebuilt(eye), [1, 0, 0, 0, 0, 0, 0, 0, 0]))
  }

  private func isClose(_ x: Tensor, _ expected: [Double]) -> Bool {
    zip(x.doubles(), expected).allSatisfy { abs($0 - $1) < 1e-12 }
  }

  @Test func exponentialsOfKnownMatrices() {
    let turn = Tensor([0, -1, 1, 0], shape: [2, 2], dtype: .float64) * (Double.pi / 2)
    #expect(isClose(turn.matrixExponential(), [0, -1, 1, 0]))
    let nilpotent = Tensor([0, 1000, 0, 0], shape: [2, 2], dtype: .float64)
    #expect(nilpotent.matrixExponential().doubles() == [1, 1000, 0, 1])
    let huge = Tensor([1e300, 0, 0, -1e300], shape: [2, 2], dtype: .float64).matrixExponential().doubles()
    #expect(huge[0] == .infinity || huge[0].isNaN)
  }

  @Test func mistakesAreNamed() {
    let (x, v) = (Tensor.zeros([2, 3]), Tensor.zeros([3]))
    let calls: [(String, () -> Tensor)] = [
      ("choleskyFactor: shape [2, 3], expected square", { x.choleskyFactor() }),
      ("qr: shape [3], expected matrices", { v.qr().q }),
      ("svd: elements of int32", { Tensor.zeros([2, 2], dtype: .int32).svd().s }),
      ("solve: a float32[2, 2] and b float32[3]", { Tensor.eye(2).solve(v) }),
      ("solve: a float32[2, 2] and b float64[2]", { Tensor.eye(2).solve(Tensor.zeros([2], dtype: .float64)) }),
      ("solve: [2, 2, 2] and [3, 2, 1]", { Tensor.zeros([2, 2, 2]).solve(Tensor.zeros([3, 2, 1])) }),
      ("fft: shape [3], expected complex numbers", { v.fft() }),
      ("fft: axes [1]", { x.swapping(0, 1).fft(axis: 1) }),
      ("realFFT: counts [0]", { v.realFFT(count: 0) }),
      ("inverseRealFFT: [1, 2] to 0 numbers", { Tensor.zeros([1, 2]).inverseRealFFT() }),
      ("realFFT: axis 0 of [0] is empty", { Tensor.zeros([0]).realFFT() }),
    ]
    for (expected, call) in calls {
      do {
        _ = try checked(call)
        Issue.record("\(expected): nothing was thrown")
      } catch {
        #expect("\(error)".hasPrefix(expected), "\(error)")
      }
    }
  }

  @Test func transformsOfFunctionsApply() {
    let a = noise([4, 3, 3])
    let batched = a.inverse().doubles()
    expectClose(vmap { $0.inverse() }(a), Tensor(batched, shape: [4, 3, 3], dtype: .float64), 1e-14, "vmap")
    // A view that is not dense is made so.
    expectClose(a.swapping(-1, -2).inverse().swapping(-1, -2), a.inverse(), 1e-12, "views")
    let step = compile { (x: Tensor) in x.solve(x.matmul(Tensor.ones([3, 1], dtype: .float64))) }
    expectClose(step(a), Tensor.ones([4, 3, 1], dtype: .float64), 1e-12, "compiled")
  }

  /// Many threads at once give what one gives.
  @Test func threadsDoNotDisturbEachOther() async {
    let a = noise([60, 60])
    let expected = (a.svd().s.doubles(), a.solve(a[0]).doubles(), a.qr().r.doubles())
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<10).allSatisfy { _ in
            let copy = a + 0
            return copy.svd().s.doubles() == expected.0 && copy.solve(copy[0]).doubles() == expected.1
              && copy.qr().r.doubles() == expected.2
          }
        }
      }
      for await isSame in group { #expect(isSame) }
    }
  }
}
