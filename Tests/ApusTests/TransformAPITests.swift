import ApusCPU
import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// The transforms as a user calls them, against closed forms.
@Suite struct TransformAPITests {
  private func close(_ a: Tensor, _ b: [Double], _ tolerance: Double = 1e-9) -> Bool {
    let values = a.doubles()
    return values.count == b.count && zip(values, b).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($1)) }
  }

  @Test func jacobianAndHessianOfKnownFunctions() {
    let x = Tensor([1.5, -0.5, 2], dtype: .float64)
    // f(x) = (x0 x1, sin x2)
    let matrix = jacobian(at: x) { stack([$0[0] * $0[1], $0[2].sin()]) }
    #expect(matrix.shape == [2, 3])
    #expect(close(matrix, [-0.5, 1.5, 0, 0, 0, -0.4161468365471424]))
    // f(x) = x0² x1 + x2³
    let second = hessian(at: x) { $0[0].squared() * $0[1] + $0[2].power(3) }
    #expect(second.shape == [3, 3])
    #expect(close(second, [-1, 3, 0, 3, 0, 0, 0, 0, 12]))
    let product = hessianVectorProduct(at: x, Tensor([1, 2, 3], dtype: .float64)) {
      $0[0].squared() * $0[1] + $0[2].power(3)
    }
    #expect(close(product, [5, 3, 36]))
  }

  /// A compiled function is a function like others to a transform, whether the variable is its argument or captured.
  @Test func transformsGoThroughCompiledFunctions() {
    let x = Tensor([1, -2, 3], dtype: .float64)
    let cosines = [0.5403023058681398, -0.4161468365471424, -0.9899924966004454]
    let compiled = compile { $0.sin().sum() }
    #expect(close(compiled(x), [0.07329356604208201]))
    #expect(close(grad { compiled($0) }(x), cosines))
    #expect(close(grad { w in compile { ($0 * w.sin()).sum() }(Tensor.ones([3], dtype: .float64)) }(x), cosines))
    let tangent = jvp(at: x, tangent: .ones([3], dtype: .float64)) { compiled($0) }.tangent
    #expect(close(tangent, [cosines.reduce(0, +)]))
  }

  /// Rosenbrock's function in ten variables: its Hessian is tridiagonal with known entries.
  @Test func hessianOfRosenbrock() {
    let values = (0..<10).map { 0.1 * Double($0) + 0.3 }
    let x = Tensor(values, dtype: .float64)
    let h = hessian(at: x) { x in
      let (head, tail) = (x[0..<9], x[1..<10])
      return (100 * (tail - head.squared()).squared() + (1 - head).squared()).sum()
    }.doubles()
    for row in 0..<10 {
      for column in 0..<10 {
        var expected = 0.0
        if row == column {
          if row < 9 { expected += 1200 * values[row] * values[row] - 400 * values[row + 1] + 2 }
          if row > 0 { expected += 200 }
        } else if abs(row - column) == 1 {
          expected = -400 * values[min(row, column)]
        }
        #expect(abs(h[10 * row + column] - expected) < 1e-8)
      }
    }
  }

  /// sin about 0.7 by derivatives of derivatives, up to the seventh.
  @Test func taylorPolynomialsHaveTheKnownCoefficients() {
    var derivative: (Tensor) -> Tensor = { $0.sin() }
    let point = Tensor(0.7, dtype: .float64)
    let (sine, cosine) = (0.644217687237691, 0.7648421872844885)
    for order in 0..<8 {
      let expected = [sine, cosine, -sine, -cosine][order % 4]
      #expect(abs(derivative(point).item() - expected) < 1e-12, "order \(order)")
      derivative = grad(derivative)
    }
  }

  /// The plan of a loop is that of its body: a thousand steps take no more of it than ten.
  @Test func loopsArePlannedOnce() throws {
    func plan(_ steps: Int) throws -> (Plan, Int) {
      let parameters = [[4, 8], [8, 32], [steps, 4, 32]].map { (shape: Shape) in
        Node.build(.parameter(TensorType(shape, .float32)))
      }
      let loss = valueAndGradient(at: parameters.map { Tensor($0) }) { inputs in
        let state = inputs[0]
        let (_, outputs) = scan([state, state], over: [inputs[2]]) { carries, elements in
          let parts = (carries[0].matmul(inputs[1]) + elements[0]).split(4, axis: 1)
          let cell = parts[0].sigmoid() * carries[1] + parts[1].sigmoid() * parts[2].tanh()
          let hidden = parts[3].sigmoid() * cell.tanh()
          return ([hidden, cell], [hidden])
        }
        return outputs[0].squared().mean()
      }
      let graph = Graph.capture([loss.value.node] + loss.gradients.map(\.node), parameters: parameters).graph
      return (try CPUBackend().compile(graph, donations: []) as! Plan, graph.instructions.count)
    }
    let (few, fewInstructions) = try plan(10)
    let (many, manyInstructions) = try plan(1000)
    #expect(few.stepLabels == many.stepLabels)
    #expect(fewInstructions == manyInstructions)
  }

  @Test func vmapTakesAnyAxes() {
    let matrix = Tensor((0..<24).map(Double.init), shape: [2, 3, 4], dtype: .float64)
    let vector = Tensor([1, 2, 3], dtype: .float64)
    let wide = vmap(inAxes: [2, nil], outAxis: 1) { [$0[0].matmul($0[1])] }
    let result = wide([matrix, vector])[0]
    #expect(result.shape == [2, 4])
    let expected = matrix.transposed([2, 0, 1]).matmul(vector).transposed()
    #expect(close(result, expected.doubles()))
    // What does not depend on the input is repeated.
    #expect(vmap { (_: Tensor) in vector * 2 }(matrix).shape == [2, 3])
  }

  /// Gradients of each example by themselves: vmap of grad.
  @Test func gradientsOfExamples() {
    let inputs = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2], dtype: .float64)
    let w = Tensor([0.5, -1], dtype: .float64)
    let each = vmap { (x: Tensor) in grad { (w: Tensor) in (w * x).sum().squared() }(w) }(inputs)
    // 2 (w·x) x with w·x = −1.5, −2.5, −3.5.
    #expect(close(each, [-3, -6, -15, -20, -35, -42]))
  }

  @Test func customGradientsAreUsed() {
    // The gradient of a rounding passed straight through (Bengio et al. 2013).
    func straightThrough(_ x: Tensor) -> Tensor {
      customGradient([x]) {
        [$0[0].rounded()]
      } gradient: { _, _, cotangents in
        [cotangents[0]]
      }[0]
    }
    let x = Tensor([0.2, 1.7, -2.5], dtype: .float64)
    #expect(close(straightThrough(x), [0, 2, -2]))
    #expect(close(grad { (straightThrough($0) * Tensor([1, 2, 3], dtype: .float64)).sum() }(x), [1, 2, 3]))
    // Tensors from outside may be used in both functions.
    let scale = Tensor([3.0], dtype: .float64)
    let y = grad { (x: Tensor) in
      customGradient([x]) {
        [$0[0] * scale]
      } gradient: { _, outputs, cotangents in
        [cotangents[0] * scale * 10 + outputs[0] * 0]
      }[0].sum()
    }(x)
    #expect(close(y, [30, 30, 30]))
  }

  @Test func loopsKeepAndRecomputeAlike() {
    let xs = Tensor((0..<12).map { Double($0) * 0.1 - 0.5 }, shape: [6, 2], dtype: .float64)
    func loss(_ w: Tensor, saves: Bool) -> Tensor {
      scan([Tensor.zeros([2], dtype: .float64)], over: [xs], savesResiduals: saves) { c, e in
        ([(c[0] * w + e[0]).tanh()], [])
      }.carries[0].sum()
    }
    let w = Tensor([0.7, -0.3], dtype: .float64)
    let kept = grad { loss($0, saves: true) }(w)
    #expect(close(grad { loss($0, saves: false) }(w), kept.doubles()))
    // By hand: h ← tanh(h w + x), dh/dw ← (1 − h²)(h + w dh/dw).
    var (h, slope) = ([0.0, 0.0], [0.0, 0.0])
    for step in 0..<6 {
      for place in 0..<2 {
        let before = h[place]
        let x = Double(2 * step + place) * 0.1 - 0.5
        let weight = place == 0 ? 0.7 : -0.3
        h[place] = tanhOf(before * weight + x)
        slope[place] = (1 - h[place] * h[place]) * (before + weight * slope[place])
      }
    }
    #expect(close(kept, slope))
  }

  private func tanhOf(_ x: Double) -> Double { Tensor([x], dtype: .float64).tanh().item() }

  @Test func loopsStopWhenTheySay() {
    // Collatz: 27 takes 111 steps.
    let steps = whileLoop([Tensor(27, dtype: .int32), Tensor(0, dtype: .int32)]) {
      $0[0] .!= 1
    } do: {
      let isEven = ($0[0] % 2) .== 0
      return [select(isEven, $0[0] / 2, $0[0] * 3 + 1), $0[1] + 1]
    }[1]
    #expect(steps.item() == 111)
    // Each member of a batch stops by itself.
    let many = vmap { (n: Tensor) in
      whileLoop([n, Tensor(0, dtype: .int32)]) {
        $0[0] .!= 1
      } do: {
        [select(($0[0] % 2) .== 0, $0[0] / 2, $0[0] * 3 + 1), $0[1] + 1]
      }[1]
    }(Tensor([1, 2, 6, 7, 27].map { Int32($0) }))
    #expect(many.doubles() == [0, 1, 8, 16, 111])
  }

  @Test func onlyTheTakenBranchRuns() {
    let x = Tensor([2.0], dtype: .float64)
    let slope = grad { (x: Tensor) in
      cond(x.sum() .> 0, then: { [x.squared()] }, else: { [(x - 2).log()] })[0].sum()
    }(x)
    // The other branch's gradient is infinite; no NaN gets through.
    #expect(close(slope, [4]))
  }

  @Test func transformsGoIntoCompiledFunctions() {
    let step = compile { (x: Tensor) in
      let g = grad { (x: Tensor) in checkpoint(x) { ($0 * $0).sin() }.sum() }(x)
      return scan(g, over: stack([x, x])) { ($0 + $1, $0) }.carry
    }
    let x = Tensor([0.3, 0.6], dtype: .float64)
    let expected = [0.3, 0.6].map { (v: Double) in 2 * v * Tensor([v * v], dtype: .float64).cos().item() + 2 * v }
    #expect(close(step(x), expected))
    #expect(close(step(x), expected))
  }

  @Test func mistakesAreTold() {
    func message(_ body: () -> Void) -> String {
      do { try checked(body) } catch { return "\(error)" }
      return ""
    }
    let x = Tensor.zeros([3, 2])
    #expect(message { _ = scan(x, over: x) { ($0, $1) } } == "")
    #expect(message { _ = scan(x, over: x) { ($0.sum(axis: 0), $1) } }.contains("its type must stay the same"))
    #expect(message { _ = scan([x], over: []) { ($0, $1) } }.contains("nothing says how many steps"))
    #expect(message { _ = cond(x, then: { [x] }, else: { [x] }) }.contains("expected a scalar bool"))
    #expect(
      message { _ = cond(x.sum() .> 0, then: { [x] }, else: { [x.sum()] }) }.contains("branches give"))
    #expect(message { _ = whileLoop([x], while: { $0[0] }, do: { $0 }) }.contains("expected a scalar bool"))
    #expect(message { _ = vmap(inAxes: [nil]) { $0 }([x]) }.contains("no input has a batch axis"))
    #expect(message { _ = vmap { $0 }([x, Tensor.zeros([2])]) }.contains("batch sizes [3, 2] differ"))
    #expect(message { _ = Tensor.mistake("mine: of \(x.shape)") + x } == "mine: of [3, 2]")
    #expect(message { _ = jvp(at: [x], tangents: [x.sum()]) { $0 } }.contains("jvp: tangents"))
  }

  @Test func memoryIsCounted() {
    let device = Device.current
    let before = device.memory.bytesInUse
    let x = Tensor.ones([1024, 1024]).evaluated()
    #expect(device.memory.bytesInUse >= before + 1024 * 1024 * 4 - (1 << 20))
    #expect(device.memory.peakBytes >= device.memory.bytesInUse)
    #expect(x.sum().item() == 1024 * 1024)
  }
}
