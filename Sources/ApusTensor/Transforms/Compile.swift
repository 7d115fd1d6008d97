import ApusCore
import ApusRuntime
import Synchronization

/// `f` planned once for each combination of input shapes, and run without tracing it again.
///
/// What `f` reads and changes through `state` (a model's parameters, an optimizer's moments, random keys) becomes
/// memory that is updated in place. Everything else that `f` captures is fixed when it is traced. `f` may not read
/// numbers: it returns them.
///
/// ```swift
/// let step = compile(updating: [model, optimizer]) { batch in … return [loss] }
/// ```
public func compile(
  updating state: [any Stateful] = [], _ f: @escaping ([Tensor]) -> [Tensor]
) -> ([Tensor]) -> [Tensor] {
  let function = CompiledFunction(state: state, body: f)
  return { function.call($0) }
}

/// `compile` for a function of one tensor.
public func compile(
  updating state: any Stateful..., body f: @escaping (Tensor) -> Tensor
) -> (Tensor) -> Tensor {
  let function = CompiledFunction(state: state) { [f($0[0])] }
  return { function.call([$0])[0] }
}

/// `compile` for a function of two tensors, such as a training step on inputs and labels.
public func compile(
  updating state: any Stateful..., body f: @escaping (Tensor, Tensor) -> Tensor
) -> (Tensor, Tensor) -> Tensor {
  let function = CompiledFunction(state: state) { [f($0[0], $0[1])] }
  return { function.call([$0, $1])[0] }
}

private final class CompiledFunction {
  /// What a trace depends on: another of any of these is another trace.
  private struct Signature: Hashable {
    let inputs: [TensorType]
    let state: [TensorType?]
    let phase: Phase
    let device: String
  }

  private struct Trace {
    let executable: any Executable
    /// Values that the function captured from outside.
    let captured: [Buffer]
    let slots: [Slot]
    let outputTypes: [TensorType]
    let inputCount: Int
  }

  private let state: [any Stateful]
  private let body: ([Tensor]) -> [Tensor]
  private var traces: [Signature: Trace] = [:]

  init(state: [any Stateful], body: @escaping ([Tensor]) -> [Tensor]) {
    self.state = state
    self.body = body
  }

  func call(_ inputs: [Tensor]) -> [Tensor] {
    let slots = state.flatMap(\.stateSlots).filter { $0.tensor != nil }
    // A compiled function called while another is traced, or a transform is open, becomes part of that.
    if inputs.contains(where: \.isTraced) || slots.contains(where: { $0.tensor!.isTraced }) { return body(inputs) }
    let signature = Signature(
      inputs: inputs.map(\.node.type), state: slots.map { $0.tensor?.node.type }, phase: .current,
      device: Device.current.name)
    let trace: Trace
    if let known = traces[signature] {
      trace = known
    } else {
      guard let new = makeTrace(inputs, slots) else { return body(inputs) }
      trace = new
      traces[signature] = trace
    }
    return run(trace, inputs, slots)
  }

  /// Nil where the function captures a variable of an open transform, which a program of its own would cut off.
  private func makeTrace(_ inputs: [Tensor], _ slots: [Slot]) -> Trace? {
    let saved = slots.map { $0.tensor! }
    let arguments = inputs.map { Node.build(.parameter($0.node.type)) }
    let stateArguments = saved.map { Node.build(.parameter($0.node.type)) }
    for (slot, argument) in zip(slots, stateArguments) { slot.tensor = Tensor(argument) }
    let results = body(arguments.map(Tensor.init))
    let newState = slots.map { $0.tensor! }
    for (slot, tensor) in zip(slots, saved) { slot.tensor = tensor }
    if (results + newState).contains(where: \.node.isTracked) { return nil }
    for (slot, tensor) in zip(newState, saved) where slot.node.type != tensor.node.type {
      fatalError("compile: a state of \(tensor.node.type) is changed to \(slot.node.type): its type must stay the same")
    }
    let (graph, leaves) = Graph.capture((results + newState).map(\.node), parameters: arguments + stateArguments)
    let donations = slots.indices.map {
      Donation(input: arguments.count + $0, output: results.count + $0)
    }
    let captured = leaves.dropFirst(arguments.count + stateArguments.count)
    do throws(OpError) {
      let executable = try Device.current.backend.compile(graph, donations: donations)
      return Trace(
        executable: executable, captured: captured.map(Evaluator.buffer), slots: slots,
        outputTypes: results.map(\.node.type), inputCount: inputs.count)
    } catch {
      fatalError(error.description)
    }
  }

  private func run(_ trace: Trace, _ inputs: [Tensor], _ slots: [Slot]) -> [Tensor] {
    Tensor.evaluate(inputs + slots.map { $0.tensor! })
    var buffers = inputs.map { Evaluator.buffer($0.node) }
    let donated = Set(trace.executable.donations.map(\.input))
    for (number, slot) in slots.enumerated() {
      let isDonated = donated.contains(trace.inputCount + number)
      buffers.append(isDonated ? CompiledFunction.takeBuffer(slot) : Evaluator.buffer(slot.tensor!.node))
    }
    let types = slots.map { $0.tensor!.node.type }
    let results = trace.executable.run(buffers + trace.captured)
    for (number, slot) in slots.enumerated() {
      slot.tensor = Tensor(Node(value: results[trace.outputTypes.count + number], type: types[number]))
    }
    return zip(results, trace.outputTypes).map { Tensor(Node(value: $0, type: $1)) }
  }

  /// The slot's buffer for the program to overwrite: its own when nobody else holds it, else a copy.
  private static func takeBuffer(_ slot: Slot) -> Buffer {
    var tensor = slot.tensor!
    let placeholder = Tensor(Node(value: placeholderBuffer, type: tensor.node.type))
    slot.tensor = placeholder
    if isKnownUniquelyReferenced(&tensor.node), var buffer = tensor.node.takeValue() as? Buffer {
      if isKnownUniquelyReferenced(&buffer) { return buffer }
      return buffer.copy()
    }
    return Evaluator.buffer(tensor.node).copy()
  }

  private static let placeholderBuffer = Buffer(byteCount: 0)
}

extension Tensor {
  /// Whether somebody waits for what is computed from it: it has no value yet, or a transform is open.
  fileprivate var isTraced: Bool { node.isSymbolic || node.isTracked }
}
