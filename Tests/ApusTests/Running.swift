import ApusCPU
import ApusCore
import ApusGradients
import ApusReference
import ApusRuntime
import ApusTensor
import Testing

let cpu = Device(backend: CPUBackend())
let reference = Device(backend: ReferenceBackend())

extension Case {
  /// The case with one of its types: what a parameterised test runs over.
  struct Typed: Sendable, CustomTestStringConvertible {
    let testCase: Case
    let dtype: DType
    var testDescription: String { "\(testCase.name), \(dtype)" }
  }

  static func typed(_ dtypes: [DType] = DType.allCases, where isWanted: (Case) -> Bool = { _ in true }) -> [Typed] {
    let only = environment("APUS_CASE")
    return all.filter { isWanted($0) && (only.map($0.name.contains) ?? true) && !cpuLacks.contains($0.covers) }
      .flatMap { testCase in
        testCase.dtypes.filter(dtypes.contains).map { Typed(testCase: testCase, dtype: $0) }
      }
  }

  /// What the CPU has no kernel for yet: it stops the program, which no test survives.
  private static let cpuLacks: Set<Coverage> = [Coverage(.reduceWindow, "product")]

  func tolerance(_ dtype: DType) -> Tolerance { Tolerance(dtype, scale: tolerance) }

  /// The case's graph on inputs yet to be given.
  func graph(_ dtype: DType) -> Graph {
    let parameters = inputTypes(dtype).map { Node.build(.parameter($0)) }
    let result = body(parameters.map { Tensor($0) })
    return Graph.capture([result.node], parameters: parameters).graph
  }

  /// The operands that have gradients: floating-point ones of the case's own type.
  func variables(_ dtype: DType) -> [Int] {
    inputTypes(dtype).indices.filter { inputTypes(dtype)[$0].dtype == dtype && dtype.isFloat }
  }

  /// The result as a tensor of the current device, with the gradients of `variables`.
  func gradients(_ inputs: [Tensor], cotangent: Tensor, _ dtype: DType) -> [Tensor] {
    let places = variables(dtype)
    return vjp(at: places.map { inputs[$0] }, cotangent: cotangent) { variables in
      var operands = inputs
      for (place, variable) in zip(places, variables) { operands[place] = variable }
      return body(operands)
    }.gradients
  }

  /// What the result's gradient is taken to be: always the same for a case.
  func cotangent(_ type: TensorType) -> [Double] {
    var noise = Noise(name + " cotangent")
    return (0..<type.shape.elementCount).map { _ in Double(Float(noise.uniform(-1...1))) }
  }

  func failure(_ dtype: DType, _ what: String, _ message: String?) {
    if let message { Issue.record("case \"\(name)\" in \(dtype), \(what): \(message)") }
  }
}

/// Runs a graph on a device, with nothing between.
func run(_ graph: Graph, _ arguments: [[Double]], on device: Device) throws -> [[Double]] {
  let executable = try device.backend.compile(graph, donations: [])
  let inputs = zip(arguments, graph.inputTypes).map { Tensor(exactly: $0, $1).buffer }
  return zip(executable.run(inputs), graph.outputTypes).map { Tensor(Node(value: $0, type: $1)).doubles() }
}
