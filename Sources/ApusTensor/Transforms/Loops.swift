import ApusCore
import ApusGradients

/// A loop over the first axis of `sequences`, which carries state along: the body is planned once, whatever the number
/// of steps.
///
/// - Parameters:
///   - initial: The first carries.
///   - sequences: Tensors `[steps, …]`, cut along their first axis.
///   - length: The number of steps, where there is no sequence to tell.
///   - reversed: From the last step to the first; results are stacked in the sequences' order all the same.
///   - savesResiduals: Whether the body's intermediate values are kept for the gradient (quicker) or computed again
///     from the carries (less memory).
///   - body: The next carries, of the same types, and what is stacked, from the carries and one element of each
///     sequence.
/// - Returns: The last carries, and the stacked outputs `[steps, …]`.
public func scan(
  _ initial: [Tensor], over sequences: [Tensor], length: Int? = nil, reversed: Bool = false,
  savesResiduals: Bool = true,
  _ body: (_ carries: [Tensor], _ elements: [Tensor]) -> (carries: [Tensor], outputs: [Tensor])
) -> (carries: [Tensor], outputs: [Tensor]) {
  if let scalar = sequences.first(where: { $0.rank == 0 }) {
    let message = "scan: over a \(scalar.node.type), which has no axis to go along, expected [steps, …]"
    return (initial, [Mistakes.report(OpError(message))])
  }
  guard let length = length ?? sequences.first?.shape.first else {
    return (initial, [Mistakes.report(OpError("scan: no sequence and no length: nothing says how many steps to take"))])
  }
  guard length >= 0 else { return (initial, [Mistakes.report(OpError("scan: \(length) steps, expected no fewer than 0"))]) }
  for sequence in sequences where sequence.shape.first != length {
    return (
      initial,
      [Mistakes.report(OpError("scan: a sequence \(sequence.node.type) for \(length) steps, expected [\(length), …]"))]
    )
  }
  var carryCount = 0
  let elements = sequences.map { TensorType(Shape($0.shape.dropFirst()), $0.dtype) }
  let traced = TracedFunction(initial.map(\.node.type) + elements) { arguments in
    let (carries, outputs) = body(Array(arguments[..<initial.count]), Array(arguments[initial.count...]))
    carryCount = carries.count
    return carries + outputs
  }
  guard carryCount == initial.count else {
    return (initial, [Mistakes.report(OpError("scan: \(initial.count) carries become \(carryCount)"))])
  }
  let operation = Scan(
    body: traced.graph, carryCount: initial.count, sequenceCount: sequences.count, length: length,
    isReversed: reversed, savesResiduals: savesResiduals)
  let operands = (initial + sequences).map(\.node) + traced.captured
  do throws(OpError) {
    _ = try Op.scan(operation).resultTypes(operands.map(\.type))
  } catch {
    let standIn = Mistakes.report(error)
    return (initial, traced.outputs[carryCount...].map { _ in standIn })
  }
  let results = scanResults(operation, operands).map(Tensor.init)
  return (Array(results[..<initial.count]), Array(results[initial.count...]))
}

/// `scan` with one carry and one sequence.
public func scan(
  _ initial: Tensor, over sequence: Tensor, reversed: Bool = false,
  _ body: (_ carry: Tensor, _ element: Tensor) -> (carry: Tensor, output: Tensor)
) -> (carry: Tensor, outputs: Tensor) {
  let (carries, outputs) = scan([initial], over: [sequence], reversed: reversed) { carries, elements in
    let (carry, output) = body(carries[0], elements[0])
    return ([carry], [output])
  }
  return (carries[0], outputs[0])
}

/// Does `body` again and again while `condition`, a scalar `bool`, holds; the carries keep their types.
///
/// There is no reverse-mode gradient, for the number of steps is not known beforehand: use `scan`.
public func whileLoop(
  _ initial: [Tensor], while condition: ([Tensor]) -> Tensor, do body: ([Tensor]) -> [Tensor]
) -> [Tensor] {
  let types = initial.map(\.node.type)
  let test = TracedFunction(types) { [condition($0)] }
  let step = TracedFunction(types, body)
  // Both graphs take what either of them captures.
  let captured = test.captured + step.captured
  let extended = { (traced: TracedFunction, range: Range<Int>) in
    let parameters = (types + captured.map(\.type)).map { Node.build(.parameter($0)) }
    let own = Array(parameters[..<types.count]) + range.map { parameters[types.count + $0] }
    return Graph.capture(traced.graph.instantiate(on: own), parameters: parameters).graph
  }
  let count = test.captured.count
  let loop = While(condition: extended(test, 0..<count), body: extended(step, count..<captured.count))
  return results(.whileLoop(loop), initial.map(\.node) + captured, count: initial.count)
}

/// One of two functions, by a scalar `bool`; only that one is computed. Both give tensors of the same types.
public func cond(_ predicate: Tensor, then: () -> [Tensor], else other: () -> [Tensor]) -> [Tensor] {
  // Branches take everything from outside: a parameter that nobody uses marks where their work begins.
  let marker = [TensorType([], .bool)]
  let yes = TracedFunction(marker, keepsAll: true) { _ in then() }
  let no = TracedFunction(marker, keepsAll: true) { _ in other() }
  let captured = yes.captured + no.captured
  let extended = { (traced: TracedFunction, range: Range<Int>) in
    let parameters = captured.map { Node.build(.parameter($0.type)) }
    let unused = Node.build(.constant(Scalar(true)))
    return Graph.capture(traced.graph.instantiate(on: [unused] + range.map { parameters[$0] }), parameters: parameters)
      .graph
  }
  let count = yes.captured.count
  let branches = Conditional(whenTrue: extended(yes, 0..<count), whenFalse: extended(no, count..<captured.count))
  return results(.conditional(branches), [predicate.node] + captured, count: yes.outputs.count)
}

/// One of two functions of given tensors, by a scalar `bool`; only that one is computed.
public func cond(
  _ predicate: Tensor, _ inputs: [Tensor], then: ([Tensor]) -> [Tensor], else other: ([Tensor]) -> [Tensor]
) -> [Tensor] {
  let types = inputs.map(\.node.type)
  let yes = TracedFunction(types, keepsAll: true, then)
  let no = TracedFunction(types, keepsAll: true, other)
  let captured = yes.captured + no.captured
  let extended = { (traced: TracedFunction, range: Range<Int>) in
    let parameters = (types + captured.map(\.type)).map { Node.build(.parameter($0)) }
    let own = Array(parameters[..<types.count]) + range.map { parameters[types.count + $0] }
    return Graph.capture(traced.graph.instantiate(on: own), parameters: parameters).graph
  }
  let count = yes.captured.count
  let branches = Conditional(whenTrue: extended(yes, 0..<count), whenFalse: extended(no, count..<captured.count))
  return results(.conditional(branches), [predicate.node] + inputs.map(\.node) + captured, count: yes.outputs.count)
}

/// The results of an operation that has several; a mistake is reported as for any other.
func results(_ op: Op, _ operands: [Node], count: Int) -> [Tensor] {
  do throws(OpError) {
    let node = try Node.make(op, operands)
    return node.types.indices.map { Tensor(node.output($0)) }
  } catch {
    let standIn = Mistakes.report(error)
    return (0..<count).map { _ in standIn }
  }
}
