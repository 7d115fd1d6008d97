import ApusCore
import ApusGradients
import ApusReference
import ApusRuntime
import ApusTensor
import Testing

/// Gradients of every case: against central differences in double precision, and the CPU's against the reference's.
@Suite struct GradientTests {
  @Test(arguments: Case.typed([.float64]) { $0.isDifferentiable })
  func matchesCentralDifferences(_ typed: Case.Typed) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let forward = testCase.graph(dtype)
    guard forward.outputTypes[0].dtype.isFloat, !testCase.variables(dtype).isEmpty else { return }
    let cotangent = testCase.cotangent(forward.outputTypes[0])
    let gradient = GradientGraph(testCase, dtype)
    let arguments = testCase.samples(dtype)
    let gradients = gradient.graph.interpreted(arguments + [cotangent])
    for (values, place) in zip(gradients, testCase.variables(dtype)) {
      let differences = centralDifferences(arguments, place, testCase.name) { arguments in
        zip(forward.interpreted(arguments)[0], cotangent).reduce(0) { $0 + $1.0 * $1.1 }
      }
      check(testCase, values, differences, place, "gradient")
    }
  }

  @Test(arguments: Case.typed([.float64]) { $0.isSmooth })
  func secondOrderMatchesCentralDifferences(_ typed: Case.Typed) {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let forward = testCase.graph(dtype)
    guard forward.outputTypes[0].dtype.isFloat, !testCase.variables(dtype).isEmpty else { return }
    let cotangent = testCase.cotangent(forward.outputTypes[0])
    let first = GradientGraph(testCase, dtype)
    let second = GradientGraph(testCase, dtype, isSecondOrder: true)
    let arguments = testCase.samples(dtype)
    let values = second.graph.interpreted(arguments + [cotangent])
    for (values, place) in zip(values, testCase.variables(dtype)) {
      let differences = centralDifferences(arguments, place, testCase.name) { arguments in
        let gradients = first.graph.interpreted(arguments + [cotangent])
        return zip(gradients, testCase.variables(dtype)).reduce(0) { sum, part in
          sum + zip(part.0, testCase.direction(part.1, dtype)).reduce(0) { $0 + $1.0 * $1.1 }
        }
      }
      check(testCase, values, differences, place, "gradient of gradient")
    }
  }

  @Test(arguments: Case.typed([.float32, .float64]) { $0.hasGradient })
  func cpuMatchesReference(_ typed: Case.Typed) throws {
    let (testCase, dtype) = (typed.testCase, typed.dtype)
    let forward = testCase.graph(dtype)
    guard forward.outputTypes[0].dtype.isFloat, !testCase.variables(dtype).isEmpty else { return }
    // The slope at infinity is no test of a slope.
    guard testCase.samples(dtype).allSatisfy({ $0.allSatisfy { abs($0) < 1e6 } }) else { return }
    let graph = GradientGraph(testCase, dtype).graph
    try graph.verify()
    let arguments = testCase.samples(dtype) + [testCase.cotangent(forward.outputTypes[0])]
    let expected = graph.interpreted(arguments)
    let values = try run(graph, arguments, on: cpu)
    for (number, place) in testCase.variables(dtype).enumerated() {
      let tolerance = Tolerance(dtype, scale: 4 * testCase.tolerance)
      testCase.failure(
        dtype, "CPU's gradient of operand \(place) against the reference's",
        difference(values[number], from: expected[number], graph.outputTypes[number], tolerance))
    }
  }

  private func check(
    _ testCase: Case, _ values: [Double], _ differences: [Int: Double], _ place: Int, _ what: String
  ) {
    let places = differences.keys.sorted()
    testCase.failure(
      .float64, "\(what) of operand \(place) against central differences at \(places)",
      difference(
        places.map { values[$0] }, from: places.map { differences[$0]! }, TensorType([places.count], .float64),
        Tolerance(absolute: 2e-7 * testCase.tolerance, relative: 1e-6)))
  }

  /// The slope of `f` along some elements of an argument.
  private func centralDifferences(
    _ arguments: [[Double]], _ place: Int, _ name: String, _ f: ([[Double]]) -> Double
  ) -> [Int: Double] {
    var noise = Noise(name)
    let count = arguments[place].count
    var slopes: [Int: Double] = [:]
    for element in noise.shuffled(Array(0..<count)).prefix(12) {
      let step = 1e-5 * max(1, abs(arguments[place][element]))
      var (above, below) = (arguments, arguments)
      above[place][element] += step
      below[place][element] -= step
      slopes[element] = (f(above) - f(below)) / (above[place][element] - below[place][element])
    }
    return slopes
  }
}

extension Case {
  /// What the gradient of an operand is multiplied with before it is differentiated again.
  fileprivate func direction(_ place: Int, _ dtype: DType) -> [Double] {
    var noise = Noise("\(name) direction \(place)")
    return (0..<inputs[place].shape.elementCount).map { _ in noise.uniform(-1...1) }
  }
}

/// The graph of a case's gradients, or of those of its gradients' sum along a direction; its arguments are the case's
/// and the cotangent.
private struct GradientGraph {
  let graph: Graph

  init(_ testCase: Case, _ dtype: DType, isSecondOrder: Bool = false) {
    let parameters = testCase.inputTypes(dtype).map { Node.build(.parameter($0)) }
    let output = testCase.graph(dtype).outputTypes[0]
    let cotangent = Node.build(.parameter(output))
    let inputs = parameters.map { Tensor($0) }
    var gradients: [Tensor]
    if isSecondOrder {
      let places = testCase.variables(dtype)
      gradients =
        valueAndGradient(at: places.map { inputs[$0] }) { variables in
          var operands = inputs
          for (place, variable) in zip(places, variables) { operands[place] = variable }
          let first = testCase.gradients(operands, cotangent: Tensor(cotangent), dtype)
          let parts = zip(first, places).map { gradient, place in
            (gradient * Tensor(exactly: testCase.direction(place, dtype), gradient.node.type)).sum()
          }
          return parts.dropFirst().reduce(parts[0], +)
        }.gradients
    } else {
      gradients = testCase.gradients(inputs, cotangent: Tensor(cotangent), dtype)
    }
    // What a graph captures as a value is an argument at its end.
    let (graph, leaves) = Graph.capture(gradients.map(\.node), parameters: parameters + [cotangent])
    let constants = leaves.dropFirst(parameters.count + 1)
    self.graph = constants.isEmpty ? graph : graph.closing(over: constants.map { Tensor($0).doubles() })
  }
}

extension Graph {
  /// The graph with its last inputs replaced by constant values.
  fileprivate func closing(over values: [[Double]]) -> Graph {
    var parameters: [Node] = []
    var operands: [Node] = []
    for (number, type) in inputTypes.enumerated() {
      let captured = number - (inputs.count - values.count)
      if captured < 0 {
        parameters.append(.build(.parameter(type)))
        operands.append(parameters[number])
      } else {
        let scalars = values[captured].map { Node.constant($0, type.dtype).reshape([1]) }
        operands.append(
          scalars.isEmpty ? .filled(0, type) : Node.build(.concatenate(axis: 0), scalars).reshape(type.shape))
      }
    }
    return Graph.capture(instantiate(on: operands), parameters: parameters).graph
  }
}
