import ApusCore

/// An operation that is not Apus': its kernel runs on the host, its gradient is written in tensors.
///
/// ```swift
/// struct Cube: CustomOperation {
///   var name: String { "cube" }
///   func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { inputs }
///   func run(_ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]) { … }
///   func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
///     [cotangents[0] * inputs[0] * inputs[0] * 3]
///   }
/// }
/// let y = Tensor.custom(Cube(), [x])[0]
/// ```
public protocol CustomOperation: Hashable, Sendable {
  /// The name in messages, printed graphs and profiles.
  var name: String { get }
  /// What the operation gives on such inputs; throws an `OpError` for inputs that it does not take.
  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec]
  /// Computes the outputs. All memory is dense, in row-major order, and of the size that its spec says. May be called
  /// from any thread.
  func run(
    _ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer])
  /// The gradient of each input; nil where there is none.
  func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?]
}

extension CustomOperation {
  public func gradient(inputs: [Tensor], outputs: [Tensor], cotangents: [Tensor]) -> [Tensor?] {
    inputs.map { _ in nil }
  }
}

/// A shape and an element type.
public typealias TensorSpec = TensorType

extension Tensor {
  /// The results of an operation from outside.
  public static func custom(_ operation: some CustomOperation, _ inputs: [Tensor]) -> [Tensor] {
    results(.custom(AnyCustom(CustomAdapter(operation: operation))), inputs.map(\.node), count: 1)
  }
}

/// A user's operation as the core sees it.
private struct CustomAdapter<Operation: CustomOperation>: CustomPrimitive {
  let operation: Operation

  var name: String { operation.name }

  func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] { try operation.outputs(operands) }

  func run(
    _ operands: [UnsafeRawBufferPointer], _ operandTypes: [TensorType], into results: [UnsafeMutableRawBufferPointer]
  ) {
    operation.run(operands, operandTypes, into: results)
  }

  func gradient(operands: [Node], results: [Node], cotangents: [Node]) -> [Node?] {
    operation.gradient(
      inputs: operands.map(Tensor.init), outputs: results.map(Tensor.init), cotangents: cotangents.map(Tensor.init)
    ).map { $0?.node }
  }
}
