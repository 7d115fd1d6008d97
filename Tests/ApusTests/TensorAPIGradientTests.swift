import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// The tensor API's composites under transforms: gradients by central differences, batching against one by one, and
/// calls after mistakes.
@Suite struct TensorAPIGradientTests {
  /// A differentiable function of a matrix `float64[3, 4]`.
  struct Function: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: @Sendable (Tensor) -> Tensor

    init(_ name: String, _ body: @escaping @Sendable (Tensor) -> Tensor) {
      testDescription = name
      self.body = body
    }
  }

  static let functions: [Function] = [
    Function("rows") { $0[Tensor([2, 0, 2] as [Int32])] },
    Function("pairs") { $0[Tensor([2, 0] as [Int32]), Tensor([-1, 1] as [Int32])] },
    Function("columns beside a range") { $0[1..., Tensor([3, 3, 0] as [Int32])] },
    Function("backwards") { $0[TensorIndex.every(-2), TensorIndex.every(-1)] },
    Function("assignment of a range") {
      var y = $0 * 2
      y[1..., ..<2] = $0[..<2, 2...] * 3
      return y
    },
    Function("assignment of steps") {
      var y = $0 * 2
      y[TensorIndex.every(2), TensorIndex.every(-3)] = $0[..<2, ..<2]
      return y
    },
    Function("assignment by indices") {
      var y = $0
      y[Tensor([1, 0] as [Int32])] = $0[1...] * $0[..<2]
      return y
    },
    Function("adding at indices") { $0.at(Tensor([1, 1, 0] as [Int32])).adding($0 * $0) },
    Function("taking along") { $0.takeAlong($0.argSort(axis: 0), axis: 0) * $0 },
    Function("dynamic slice") {
      $0.dynamicSlice(start: [$0.argMax(axis: 0)[0], Tensor(1, dtype: .int32)], sizes: [2, 2])
    },
    Function("sorted") { $0.sorted(axis: 1) * Tensor.range(4, dtype: .float64) },
    Function("topK") { $0.topK(2).values.squared() },
    Function("median") { $0.median(axis: 1) },
    Function("quantile") { $0.quantile(0.3, axis: 0) },
    Function("cumulative product") { $0.cumulativeProduct(axis: 1) },
    Function("log cumulative sum exp") { $0.logCumulativeSumExp(axis: 1) },
    Function("diff") { $0.diff(order: 2, axis: 0).squared() },
    Function("reflected") { $0.padded([(1, 2), (3, 1)], mode: .reflect).squared() },
    Function("tiled") { ($0.tiled([2, 1]) * Tensor.range(24, dtype: .float64).reshaped(to: [6, 4])) },
    Function("repeated") { $0.repeated(2, axis: 0) * Tensor.range(24, dtype: .float64).reshaped(to: [6, 4]) },
    Function("diagonal") { $0.diagonal(1).squared() },
    Function("diagonal matrix") { $0.diagonalMatrix(-1).sum(axis: 0).squared() },
    Function("kron") { $0.kron($0[..<1]) },
    Function("einsum") { einsum("ij,kj,k->ij", $0, $0, $0[TensorIndex.all, 0]) },
    Function("einsum of a diagonal") { einsum("ii->i", $0[TensorIndex.all, ..<3]) * 2 },
    Function("norm") { $0.norm(axis: 1) },
    Function("norm of order 3") { $0.norm(3, axis: 0) },
    Function("deviation") { $0.standardDeviation(axis: 1) },
    Function("correlation") { $0.correlation()[0, 1...] },
    Function("hypot") { hypot($0, $0[..<1] * 2) },
    Function("logAddExp") { logAddExp($0, $0[..<1] * 2) },
    Function("modulo") { $0.modulo(0.7) },
    Function("erf") { $0.erf() * $0.atan() },
  ]

  private func sample() -> Tensor {
    var key = RandomKey(21)
    return Tensor.uniform([3, 4], in: -1.5..<1.5, key: &key, dtype: .float64)
  }

  @Test(arguments: functions)
  func gradientIsTheSlope(_ function: Function) {
    Device.with(tensorAPIDevice) {
      let x = sample()
      var key = RandomKey(22)
      let weights = Tensor.uniform(function.body(x).shape, key: &key, dtype: .float64)
      func loss(_ x: Tensor) -> Tensor { (function.body(x) * weights).sum() }
      let gradient = grad(loss)(x).scalars(Double.self)
      let values = x.scalars(Double.self)
      let step = 1e-6
      for place in values.indices {
        func moved(_ distance: Double) -> Double {
          var near = values
          near[place] += distance
          return loss(Tensor(near, shape: [3, 4], dtype: .float64)).item()
        }
        let slope = (moved(step) - moved(-step)) / (2 * step)
        #expect(abs(gradient[place] - slope) < 1e-6 * (1 + abs(slope)), "at \(place)")
      }
    }
  }

  /// vmap of a function is the function on each example.
  @Test(arguments: functions)
  func batchesAreOneByOne(_ function: Function) {
    Device.with(tensorAPIDevice) {
      let x = stack([sample(), sample() * 0.7 + 0.1, -sample()])
      let together = vmap(function.body)(x)
      let alone = stack((0..<3).map { function.body(x[$0]) })
      #expect(together.shape == alone.shape)
      #expect(together.allClose(to: alone, relative: 1e-12, absolute: 1e-12))
    }
  }

  @Test func gradientsAtZeroAreFinite() {
    let zero = Tensor.zeros([3])
    #expect(grad { $0.norm() }(zero).scalars() == [0, 0, 0])
    #expect(grad { $0.norm(3) }(zero).scalars() == [0, 0, 0])
    #expect(grad { $0.standardDeviation() }(zero).scalars() == [0, 0, 0])
    #expect(grad { hypot($0, $0).sum() }(zero).scalars() == [0, 0, 0])
  }

  /// Indices out of range in a tensor are clamped, for reading and for writing.
  @Test func indicesAreClamped() {
    Device.with(tensorAPIDevice) {
      let x: Tensor = [1, 2, 3]
      let wild = Tensor([7, -9] as [Int32])
      #expect(x[wild].scalars() == [3, 1])
      #expect(x.take(wild, axis: 0).scalars() == [3, 1])
      #expect(x.at(wild).adding(1).scalars() == [2, 2, 4])
      #expect(x[Tensor([2, 0] as [UInt8])].scalars() == [3, 1] && x[Tensor([-1])].scalars() == [3])
    }
  }

  @Test func comparisons() {
    let x: Tensor = [1, 2]
    #expect(x.allClose(to: x + 1e-9) && !x.allClose(to: x + 0.1))
    #expect((!Tensor([1, 2] as [Int32]).isNaN()).all().item() == 1)
    #expect(Tensor([true, true, false]).countNonZero().item() == 2)
    #expect(Tensor.zeros([0]).unique().shape == [0] && Tensor.zeros([2, 0]).nonZero().shape == [0, 2])
  }

  /// After a mistake the rest works on stand-ins: it must not stop the program.
  @Test(
    arguments: functions + [
      Function("take") { $0.take(Tensor([1] as [Int32]), axis: 1) }, Function("unstacked") { $0.unstacked(axis: 1)[0] },
      Function("split") { $0.split(sizes: [1, 2], axis: 1)[1] }, Function("chunked") { $0.chunked(2, axis: 1)[0] },
      Function("rolled") { $0.rolled(1, axis: 1) }, Function("histogram") { $0.histogram().counts },
      Function("covariance") { $0.covariance() }, Function("tensorDot") { $0.tensorDot($0, axes: 1) },
      Function("unique") { $0.unique() }, Function("mask") { $0[$0 .> 0] }, Function("outer") { $0.outer($0) },
      Function("searchSorted") { $0.searchSorted($0) }, Function("nan mean") { $0.nanMean(axes: [1]) },
    ])
  func restIsHarmless(_ function: Function) {
    #expect(throws: OpError.self) {
      try checked { function.body(Tensor.zeros([2, 3], dtype: .float64).reshaped(to: [7])) }
    }
  }
}
