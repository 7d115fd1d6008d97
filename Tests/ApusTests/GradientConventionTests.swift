import ApusCore
import ApusTensor
import Testing

/// What gradients are where there is no slope, or where nothing flows: PyTorch's conventions.
@Suite struct GradientConventionTests {
  private func slope(_ x: Tensor, _ f: @escaping (Tensor) -> Tensor) -> [Float] { grad { f($0).sum() }(x).scalars() }

  @Test func kinks() {
    #expect(slope([-1, 0, 1]) { $0.relu() } == [0, 0, 1])
    #expect(slope([-1, 0, 1]) { $0.abs() } == [-1, 0, 1])
    #expect(slope([-1, 0, 2]) { maximum($0, 0) } == [0, 0.5, 1])
    #expect(slope([-1, 0, 2]) { minimum($0, Tensor([0, 0, 0] as [Float])) } == [1, 0.5, 0])
    for step in [Tensor.floor, Tensor.ceil, Tensor.rounded, Tensor.sign] {
      #expect(slope([0.5, 1.5]) { step($0)() } == [0, 0])
    }
  }

  @Test func tiesShare() {
    #expect(slope([3, 1, 3]) { $0.max() } == [0.5, 0, 0.5])
    let third = Float(1) / 3
    #expect(slope([[1, 1, 1], [2, 0, 0]]) { $0.min(axis: 1) } == [third, third, third, 0, 0.5, 0.5])
  }

  @Test func poolingTakesTheFirst() {
    let x = Tensor([1, 1, 0, 1] as [Float], shape: [1, 2, 2, 1])
    #expect(slope(x) { $0.maxPool2D(2) } == [1, 0, 0, 0])
    #expect(slope(x) { $0.minPool2D(2) } == [0, 0, 1, 0])
  }

  @Test func zeros() {
    #expect(slope([0, 2]) { $0.power(2) } == [0, 4])
    #expect(slope([0, 2]) { $0.power(0) } == [0, 0])
    #expect(slope([0, 2]) { $0.power(1) } == [1, 1])
    #expect(slope([0, 0, 3]) { $0.product() } == [0, 0, 0])
    #expect(slope([0, 2, 3]) { $0.product() } == [6, 0, 0])
    // The exponent of a zero base changes nothing.
    #expect(slope([1, 2]) { Tensor([0, 1] as [Float]).power($0) } == [0, 0])
  }

  @Test func nothingFlows() {
    #expect(slope([1, 2]) { $0.stoppingGradient() } == [0, 0])
    #expect(slope([1, 2]) { $0 * $0.stoppingGradient() } == [1, 2])
    #expect(slope([1, 2]) { _ in .ones([3]) } == [0, 0])
    #expect(slope([1, 2]) { ($0 .> 1).cast(to: .float32) } == [0, 0])
    #expect(slope([1, 2]) { select([true, false], $0, $0 * 3) } == [1, 3])
    #expect(slope([1.5, 2]) { $0.cast(to: .int32).cast(to: .float32) } == [0, 0])
    #expect(slope([1.5, 2]) { $0.cast(to: .float64) * 3 } == [3, 3])
  }

  @Test func crossEntropyOfIgnoredRows() {
    let logits: Tensor = [[1, 2], [3, 5]]
    let slopes = slope(logits) { crossEntropy($0, Tensor([-100, 0] as [Int32])) }
    #expect(slopes[..<2] == [0, 0])
    #expect(abs(slopes[2] + slopes[3]) < 1e-6 && slopes[2] < -0.8)
  }

  @Test func variablesUsedTwiceAndNested() {
    #expect(slope([3]) { $0 * $0 * $0 } == [27])
    let second = grad { x in grad { ($0 * $0 * $0).sum() }(x).sum() }
    #expect(second([3]).scalars() == [18])
    let third = grad { x in grad { y in grad { ($0 * $0 * $0).sum() }(y).sum() }(x).sum() }
    #expect(third([3]).scalars() == [6])
    // The inner variable is not the outer one.
    let mixed = grad { (x: Tensor) in (x * grad { ($0 * x).sum() }(Tensor([5] as [Float]))).sum() }
    #expect(mixed([3]).scalars() == [6])
  }

  @Test func valuesReadInsideStayDifferentiable() {
    let slopes = slope([1, 2]) { x in
      let y = x * x
      // Reading a value evaluates it; its operands are still needed.
      return y.sum().item() > 4 ? y * 2 : y
    }
    #expect(slopes == [4, 8])
  }

  @Test func vectorJacobianProductTakesACotangent() {
    let x: Tensor = [1, 2]
    let (value, gradients) = vjp(at: [x], cotangent: [10, 100]) { $0[0] * $0[0] }
    #expect(value.scalars() == [1, 4])
    #expect(gradients[0].scalars() == [20, 400])
  }
}
