import ApusCore
import ApusTensor
import Testing

/// Transforms inside of transforms, and of what former transforms gave, against closed forms.
@Suite struct NestedTransformTests {
  private let two = Tensor(2, dtype: .float64)
  private let three = Tensor(3, dtype: .float64)
  private let one = Tensor(1, dtype: .float64)

  /// d/dx d/dy (x y)² = 4 x y, the inner point being a constant, whichever operand comes first.
  @Test func innerPointsMayBeConstants() {
    let products: [(Tensor, Tensor) -> Tensor] = [{ ($0 * $1).squared() }, { ($1 * $0).squared() }]
    for f in products {
      #expect(grad { x in grad { y in f(x, y) }(three) }(two).item() == 24)
      let forward = jvp(at: two, tangent: one) { x in jvp(at: three, tangent: one) { f(x, $0) }.tangent }
      #expect(forward.tangent.item() == 24)
      #expect(grad { x in jvp(at: three, tangent: one) { f(x, $0) }.tangent }(two).item() == 24)
      #expect(jvp(at: two, tangent: one) { x in grad { f(x, $0) }(three) }.tangent.item() == 24)
      // Evaluated on the way, operands are kept as long as the outer transform needs them.
      let evaluated = grad { x in
        grad { y in f(x, y).evaluated() }(three).evaluated()
      }(two)
      #expect(evaluated.item() == 24)
    }
  }

  /// Three functions inside of each other: ∂³/∂x∂y∂z (x y z)² = 8 x y z.
  @Test func threeUnrelatedPoints() {
    let result = grad { x in
      grad { y in
        grad { z in (z * x * (y * z) * (x * y)) }(Tensor(5, dtype: .float64))
      }(three)
    }(two)
    #expect(result.item() == 240)
  }

  /// What a former transform gave is a constant like all others, on either side of a product.
  @Test func formerResultsAreConstants() {
    let first = grad { $0.power(3) }(two)
    let second = grad(grad { $0.power(3) })(two)
    for former in [first, second] {
      #expect(former.item() == 12)
      #expect(grad { x in former * x * x }(three).item() == 72)
      #expect(grad { x in x * former * x }(three).item() == 72)
      #expect(jvp(at: three, tangent: one) { x in former * x * x }.tangent.item() == 72)
    }
  }

  /// x^(2ⁿ) by a loop.
  private func squaredAgain(_ x: Tensor, _ times: Double) -> Tensor {
    whileLoop([x, Tensor(0, dtype: .float64)], while: { $0[1] .< times }) { [$0[0] * $0[0], $0[1] + 1] }[0]
  }

  /// Derivatives of x⁸ at 1.1 by forward mode in forward mode.
  @Test func forwardModeOfForwardModeOfLoops() {
    let x = Tensor(1.1, dtype: .float64)
    let first = jvp(at: x, tangent: one) { squaredAgain($0, 3) }.tangent
    #expect(abs(first.item() - 15.5897368) < 1e-9)
    let second = jvp(at: x, tangent: one) { x in jvp(at: x, tangent: one) { squaredAgain($0, 3) }.tangent }.tangent
    #expect(abs(second.item() - 99.207416) < 1e-8)
    // ∂²/∂x∂y (x y)⁴ = 16 x³ y³.
    let mixed = jvp(at: two, tangent: one) { x in
      jvp(at: three, tangent: one) { y in squaredAgain(y * x, 2) }.tangent
    }
    #expect(mixed.tangent.item() == 3456)
  }

  /// Forward mode goes through a `while` loop wherever it is: in a scan, in a branch, in a checkpoint.
  @Test func forwardModeOfLoopsInside() {
    // ((x²)² + x)² + … : f(c) = c² + x twice, from x.
    func scanned(_ x: Tensor) -> Tensor {
      scan([x], over: [stack([x, x])]) { carries, elements in
        let next = squaredAgain(carries[0], 1) + elements[0]
        return ([next], [next * x])
      }.outputs[0].sum()
    }
    func closed(_ x: Tensor) -> Tensor {
      let first = x * x + x
      return first * x + (first * first + x) * x
    }
    func branch(_ x: Tensor) -> Tensor {
      cond(x .> 1, then: { [squaredAgain(x, 2)] }, else: { [x] })[0]
    }
    func checkpointed(_ x: Tensor) -> Tensor { checkpoint(x) { squaredAgain($0, 2) } }
    let cases: [((Tensor) -> Tensor, (Tensor) -> Tensor)] = [
      (scanned, closed), (branch, { $0.power(4) }), (checkpointed, { $0.power(4) }),
    ]
    let x = Tensor(1.1, dtype: .float64)
    for (f, expected) in cases {
      let (value, tangent) = jvp(at: x, tangent: two, f)
      #expect(abs(value.item() - expected(x).item()) < 1e-12)
      #expect(abs(tangent.item() - 2 * grad(expected)(x).item()) < 1e-12)
      let second = jvp(at: x, tangent: one) { jvp(at: $0, tangent: one, f).tangent }.tangent
      #expect(abs(second.item() - grad(grad(expected))(x).item()) < 1e-11)
    }
  }

  /// Draws by rejection in a loop's body cut no gradient around them.
  @Test func gradientsAroundDrawsInLoops() {
    let gradient = grad { (x: Tensor) in
      scan([x], over: [], length: 3) { carries, _ in
        var key = RandomKey(1)
        let draw = Tensor.gamma(carries[0], key: &key)
        return ([carries[0] * 2 + (draw - draw)], [])
      }.carries[0]
    }
    #expect(gradient(three).item() == 8)
  }

  /// There is no gradient through such a loop: a mistake, not the end of the program, inside `checked`.
  @Test func gradientsOfLoopsAreMistakes() throws {
    let error = try #require(throws: OpError.self) { try checked { grad { squaredAgain($0, 3) }(two) } }
    #expect(
      error.description
        == "gradient: of a `while` loop, whose number of steps is not known beforehand. Use `scan`")
  }
}
