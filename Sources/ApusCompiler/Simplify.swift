import ApusCore

/// The graph in canonical form: identities gone, layout operations merged, constants folded, common subexpressions
/// shared, dead code removed.
public func simplifying(_ source: Graph) -> Graph {
  removingDeadCode(
    Rewriter.rewrite(source) { rewriter, instruction, operands in
      rewriter.simplified(instruction, operands)
    })
}

extension Rewriter {
  fileprivate mutating func simplified(_ instruction: Graph.Instruction, _ operands: [Int]) -> Int {
    let result = instruction.type
    switch instruction.op {
    case .identity, .stopGradient: return operands[0]
    case .convert(let dtype):
      if type(operands[0]).dtype == dtype { return operands[0] }
      if let value = splat(operands[0]) { return filled(Scalar(converting: value, to: dtype), result.shape) }
    case .reshape(let shape): return reshaped(operands[0], shape)
    case .broadcastInDim(let shape, let axes): return broadcast(operands[0], shape, axes)
    case .transpose(let permutation): return transposed(operands[0], permutation)
    case .reverse(let axes):
      if axes.isEmpty || splat(operands[0]) != nil { return operands[0] }
    case .slice(let bounds):
      if result == type(operands[0]) { return operands[0] }
      if let value = splat(operands[0]) { return filled(value, result.shape) }
      _ = bounds
    case .pad(let bounds):
      if result == type(operands[0]), (bounds.low + bounds.high + bounds.interior).allSatisfy({ $0 == 0 }) {
        return operands[0]
      }
    case .concatenate:
      if operands.count == 1 { return operands[0] }
    case .reduce(_, let axes):
      if axes.isEmpty { return operands[0] }
    case .unary(let op):
      if op == .negate, case .unary(.negate) = self.instruction(operands[0]).op {
        return self.instruction(operands[0]).operands[0]
      }
    case .binary(let op):
      if let place = simplifiedBinary(op, operands, result) { return place }
    case .select:
      if operands[1] == operands[2] { return operands[1] }
      if let condition = splat(operands[0]) { return condition.bits != 0 ? operands[1] : operands[2] }
    case .bitcastConvert(let dtype):
      if type(operands[0]).dtype == dtype { return operands[0] }
    case .output:
      // An operation that was left with one result is that result.
      if self.instruction(operands[0]).types.count == 1 { return operands[0] }
    case .value, .parameter, .constant, .iota, .randomBits, .compare, .argReduce, .dotGeneral, .convolution,
      .reduceWindow, .selectAndScatter, .dynamicSlice, .dynamicUpdateSlice, .gather, .scatter, .cumulative, .argSort,
      .barrier, .scan, .whileLoop, .conditional, .custom, .block:
      break
    }
    return emit(instruction.op, operands, instruction.types)
  }

  /// The one value that every element has, if it is known.
  fileprivate func splat(_ position: Int) -> Scalar? {
    switch instruction(position).op {
    case .constant(let scalar): scalar
    case .broadcastInDim: splat(instruction(position).operands[0])
    default: nil
    }
  }

  private mutating func filled(_ scalar: Scalar, _ shape: Shape) -> Int { emitConstant(scalar, shape) }

  private mutating func reshaped(_ operand: Int, _ shape: Shape) -> Int {
    if type(operand).shape == shape { return operand }
    if let value = splat(operand) { return filled(value, shape) }
    if case .reshape = instruction(operand).op { return reshaped(instruction(operand).operands[0], shape) }
    return emit(.reshape(shape), [operand])
  }

  private mutating func broadcast(_ operand: Int, _ shape: Shape, _ axes: [Int]) -> Int {
    if type(operand).shape == shape { return operand }
    let inner = instruction(operand)
    if case .broadcastInDim(_, let innerAxes) = inner.op {
      return broadcast(inner.operands[0], shape, innerAxes.map { axes[$0] })
    }
    return emit(.broadcastInDim(shape, axes: axes), [operand])
  }

  private mutating func transposed(_ operand: Int, _ permutation: [Int]) -> Int {
    if permutation == Array(permutation.indices) { return operand }
    if let value = splat(operand) { return filled(value, Shape(permutation.map { type(operand).shape[$0] })) }
    let inner = instruction(operand)
    if case .transpose(let first) = inner.op { return transposed(inner.operands[0], permutation.map { first[$0] }) }
    return emit(.transpose(permutation), [operand])
  }

  private mutating func simplifiedBinary(_ op: Binary, _ operands: [Int], _ result: TensorType) -> Int? {
    let (a, b) = (splat(operands[0]), splat(operands[1]))
    if let a, let b, let value = folded(op, a, b) { return filled(value, result.shape) }
    let (left, right) = (a?.doubleValue, b?.doubleValue)
    switch op {
    case .add:
      // −0 + 0 is 0, so adding +0 is not the identity; adding −0 is.
      if !result.dtype.isFloat, right == 0 { return operands[0] }
      if !result.dtype.isFloat, left == 0 { return operands[1] }
      if result.dtype.isFloat, right == 0, b?.doubleValue.sign == .minus { return operands[0] }
    case .subtract: if right == 0, b?.doubleValue.sign == .plus { return operands[0] }
    case .multiply:
      if right == 1 { return operands[0] }
      if left == 1 { return operands[1] }
    case .divide: if right == 1 { return operands[0] }
    case .power:
      if right == 1 { return operands[0] }
      if right == 2 { return emit(.binary(.multiply), [operands[0], operands[0]]) }
    case .remainder, .maximum, .minimum, .and, .or, .xor, .shiftLeft, .shiftRightLogical, .shiftRightArithmetic, .atan2:
      break
    }
    return nil
  }

  /// Arithmetic on known floating-point numbers, rounded as the device would.
  private func folded(_ op: Binary, _ a: Scalar, _ b: Scalar) -> Scalar? {
    guard a.dtype.isFloat else { return nil }
    func compute<T: BinaryFloatingPoint>(_ x: T, _ y: T) -> Double? {
      switch op {
      case .add: Double(x + y)
      case .subtract: Double(x - y)
      case .multiply: Double(x * y)
      case .divide: Double(x / y)
      default: nil
      }
    }
    let value =
      a.dtype != .float64
      ? compute(Float(a.doubleValue), Float(b.doubleValue)) : compute(a.doubleValue, b.doubleValue)
    return value.map { Scalar($0, a.dtype) }
  }
}

extension Scalar {
  /// The value as `convert` gives it: floats are truncated and clamped, integers wrap.
  fileprivate init(converting scalar: Scalar, to dtype: DType) {
    if scalar.dtype.isFloat || dtype.isFloat || dtype == .bool {
      self.init(scalar.doubleValue, dtype)
    } else {
      let value = scalar.dtype.isSigned ? Int64(scalar.doubleValue) : Int64(bitPattern: scalar.bits)
      self.init(Int(truncatingIfNeeded: scalar.dtype == .int64 ? Int64(bitPattern: scalar.bits) : value), dtype)
    }
  }
}
