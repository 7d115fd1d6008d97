import ApusCore
import ApusTensor

/// x ↦ x³ with a kernel of its own.
private struct Cube: CustomOperation {
  var name: String { "cube" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] {
    guard inputs[0].dtype.isFloat else { throw OpError("cube: of \(inputs[0])") }
    return [inputs[0]]
  }

  func run(
    _ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]
  ) {
    func cube<T: BinaryFloatingPoint>(_: T.Type) {
      let (source, target) = (inputs[0].bindMemory(to: T.self), outputs[0].bindMemory(to: T.self))
      for place in source.indices { target[place] = source[place] * source[place] * source[place] }
    }
    if specs[0].dtype == .float32 { cube(Float.self) } else { cube(Double.self) }
  }

  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    [cotangents[0] * inputs[0] * inputs[0] * 3]
  }
}

private let scanCases: [Case] = [
  Case(
    "scan: a recurrent net", Coverage(.scan), [.spread([3, 4]), .spread([6, 3, 4]), .spread([4, 4], -0.5...0.5)],
    tolerance: 16
  ) { inputs in
    let (last, outputs) = scan(inputs[0], over: inputs[1]) { state, x in
      let next = (state.matmul(inputs[2]) + x).tanh()
      return (next, next * x)
    }
    return concatenate([last.expandingAxis(0), outputs])
  },
  Case("scan, reversed", Coverage(.scan), [.spread([3]), .spread([5, 3])], tolerance: 8) { inputs in
    let (last, outputs) = scan(inputs[0], over: inputs[1], reversed: true) { ($0 * $1 + 0.5, $0 + $1 * $1) }
    return concatenate([last.expandingAxis(0), outputs])
  },
  Case("scan, recomputing", Coverage(.scan), [.spread([3]), .spread([5, 3]), .spread([3])], tolerance: 16) { inputs in
    let (carries, outputs) = scan([inputs[0]], over: [inputs[1]], savesResiduals: false) { carries, elements in
      let next = (carries[0] * inputs[2] + elements[0]).sin()
      return ([next], [next.exp()])
    }
    return concatenate([carries[0].expandingAxis(0), outputs[0]])
  },
  Case("scan with a counter", Coverage(.scan), [.spread([4]), .spread([3, 4])], tolerance: 8) { inputs in
    let start = [inputs[0], Tensor(0, dtype: .int32)]
    let (carries, outputs) = scan(start, over: [inputs[1]]) { carries, elements in
      let weight = carries[1].cast(to: inputs[0].dtype) + 1
      return ([carries[0] * elements[0] + weight, carries[1] + 1], [carries[0] * weight])
    }
    return concatenate([carries[0].expandingAxis(0), outputs[0]])
  },
  Case("scan without sequences", Coverage(.scan), [.spread([4], 0.2...0.9)], tolerance: 8) { inputs in
    scan([inputs[0]], over: [], length: 4) { carries, _ in ([carries[0] * (1 - carries[0]) * 3], []) }.carries[0]
  },
  Case("scan of no steps", Coverage(.scan), [.spread([4]), .spread([0, 4])], tolerance: 8) { inputs in
    scan(inputs[0], over: inputs[1]) { ($0 * $1, $0 + $1) }.carry * 2
  },
  Case("scan of one step of ones", Coverage(.scan), [.spread([1]), .spread([1, 1])], tolerance: 8) { inputs in
    scan(inputs[0], over: inputs[1]) { ($0 * $1, $0 + $1) }.outputs
  },
  Case("scan inside a scan", Coverage(.scan), [.spread([2]), .spread([3, 4, 2])], tolerance: 16) { inputs in
    scan(inputs[0], over: inputs[1]) { outer, rows in
      let (inner, outputs) = scan(outer, over: rows) { ($0 * $1 + 0.1, $0 - $1) }
      return (inner, outputs.sum(axis: 0))
    }.outputs
  },
  Case("scan that hands through", Coverage(.scan), [.spread([2]), .spread([3, 2])], tolerance: 8) { inputs in
    let (carries, outputs) = scan([inputs[0], inputs[0] * 2], over: [inputs[1]]) { carries, elements in
      ([carries[1], carries[0]], [elements[0], elements[0], carries[0]])
    }
    return carries[0] + carries[1] * 3 + outputs[0].sum(axis: 0) * outputs[1].sum(axis: 0) + outputs[2].sum(axis: 0)
  },
]

private let branchCases: [Case] = [
  Case("while", Coverage(.whileLoop), [.spread([3], 0.1...0.9)], tolerance: 16) { inputs in
    whileLoop(
      [inputs[0], Tensor(0, dtype: .int32)], while: { $0[1] .< 5 }, do: { [$0[0] * inputs[0] + 1, $0[1] + 1] })[0]
  }.withoutGradient,
  Case("while that does nothing", Coverage(.whileLoop), [.spread([3])]) { inputs in
    whileLoop([inputs[0]], while: { $0[0].sum() .> 1e9 }, do: { [$0[0] * 2] })[0] + 1
  }.withoutGradient,
  Case("cond", Coverage(.conditional), [.spread([3]), .spread([3])], tolerance: 4) { inputs in
    cond(
      inputs[0].sum() .> -100, then: { [inputs[0] * inputs[1], inputs[0]] }, else: { [inputs[1], inputs[1].exp()] }
    )
    .reduce(inputs[0]) { $0 + $1 }
  },
  Case("cond of inputs", Coverage(.conditional), [.spread([3]), .spread([3])], tolerance: 4) { inputs in
    cond(inputs[0].sum() .> 100, inputs, then: { [$0[0]] }, else: { [$0[0].sin() * $0[1] * inputs[1]] })[0]
  },
]

private let functionCases: [Case] = [
  Case("custom operation", Coverage(.custom), [.spread([3, 5])], tolerance: 4) { Tensor.custom(Cube(), [$0[0]])[0] },
  Case("custom operation on a view", Coverage(.custom), [.spread([3, 5], -0.8...0.2)], tolerance: 4) {
    Tensor.custom(Cube(), [$0[0].transposed() + 1])[0].exp()
  },
  Case("checkpoint", Coverage(.block, "checkpoint"), [.spread([3, 4]), .spread([4, 4])], tolerance: 16) { inputs in
    checkpoint(inputs[0]) { ($0.matmul(inputs[1]).tanh() * $0).exp() }
  },
  Case("custom gradient", Coverage(.block, "custom_gradient"), [.spread([5], 0.5...2)], tolerance: 4) { inputs in
    customGradient([inputs[0]]) {
      [$0[0].log() * 2]
    } gradient: { inputs, _, cotangents in
      [cotangents[0] / inputs[0] * 2]
    }[0]
  },
]

/// Loops, branches, and functions with a gradient of their own.
let loopCases: [Case] = scanCases + branchCases + functionCases
