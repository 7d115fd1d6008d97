import ApusCore

/// The graph with arithmetic on 16-bit floating-point and 8- and 16-bit integer elements done in the wider type that
/// kernels work in, and the results converted back.
///
/// Between operations in half precision the wide value is handed on: it is rounded where it is stored, not in between.
/// Integers wrap after every operation.
public func wideningNarrowTypes(_ source: Graph) -> Graph {
  guard source.instructions.contains(where: { $0.types.contains { $0.dtype.computeType != nil } }) else {
    return source
  }
  var wide: [Int: Int] = [:]
  return Rewriter.rewrite(source) { rewriter, instruction, operands in
    guard let narrow = operands.map({ rewriter.type($0).dtype }).first(where: { $0.computeType != nil }),
      let compute = narrow.computeType, instruction.op.isArithmetic
    else { return rewriter.emit(instruction.op, operands, instruction.types) }
    if case .reduce(let reduction, let axes) = instruction.op,
      axes.contains(where: { rewriter.type(operands[0]).shape[$0] == 0 })
    {
      return rewriter.emitConstant(reduction.neutral(narrow), instruction.type.shape)
    }
    // What is compared is what is stored: an extreme must equal the element that it came from.
    let isComparison = if case .compare = instruction.op { true } else { false }
    var arguments = operands.map { operand in
      guard rewriter.type(operand).dtype == narrow else { return operand }
      return (isComparison ? nil : wide[operand]) ?? rewriter.emit(.convert(compute), [operand])
    }
    if instruction.op.readsBits, narrow.isSigned, narrow.isInteger {
      // Sign bits that the narrow element does not have are not to be seen.
      let mask = rewriter.emitConstant(
        Scalar((1 << (8 * narrow.byteCount)) - 1, compute), rewriter.type(arguments[0]).shape)
      arguments[0] = rewriter.emit(.binary(.and), [arguments[0], mask])
    }
    let result = rewriter.emit(instruction.op, arguments)
    guard instruction.type.dtype == narrow else { return result }
    let stored = rewriter.emit(.convert(narrow), [result])
    if narrow.isHalf { wide[stored] = result }
    return stored
  }
}

extension Op {
  /// Whether kernels must compute with the elements, not only move them.
  fileprivate var isArithmetic: Bool {
    switch self {
    case .unary, .binary, .compare, .reduce, .argReduce, .dotGeneral, .convolution, .reduceWindow, .selectAndScatter,
      .cumulative, .argSort:
      true
    case .scatter(let kind, _, _): kind != .set
    case .value, .parameter, .constant, .iota, .randomBits, .identity, .stopGradient, .select, .convert,
      .broadcastInDim, .reshape, .transpose, .slice, .pad, .concatenate, .reverse, .bitcastConvert, .dynamicSlice,
      .dynamicUpdateSlice, .gather, .barrier, .scan, .whileLoop, .conditional, .custom, .block, .output:
      false
    }
  }

  /// Whether the result depends on bits that a wider element of the same value has more of.
  fileprivate var readsBits: Bool {
    switch self {
    case .unary(.popcount), .binary(.shiftRightLogical): true
    default: false
    }
  }
}
